"""GDB's remote protocol, as far as a program needs it that only loads, runs and looks.

"Debugging with GDB", appendix E. Whoever talks here is a process that we started: what
it says is believed, but never waited for without a limit.
"""

import socket
import time

_CHUNK = 2000  # bytes per packet; QEMU takes packets of 4096 characters
_PATIENCE = 30.0  # s, for what takes no time


class GdbError(Exception):
    """The other side is gone, silent, or refuses."""


class Gdb:
    """A stopped machine: its memory and registers, and a way to let it run."""

    def __init__(self, connection: socket.socket) -> None:
        """Begin to talk. Raises `GdbError`."""
        self._socket = connection
        self._received = bytearray()
        # Single registers are served to those who have asked for their description.
        self._ask(b"qXfer:features:read:target.xml:0,ff")

    def read(self, address: int, size: int) -> bytes:
        """Return memory."""
        data = bytearray()
        for at in range(address, address + size, _CHUNK):
            count = min(_CHUNK, address + size - at)
            answer = self._ask(f"m{at:x},{count:x}".encode())
            if len(answer) != 2 * count:
                raise GdbError(f"no memory can be read at {at:#x}")
            data += bytes.fromhex(answer.decode("ascii"))
        return bytes(data)

    def write(self, address: int, data: bytes) -> None:
        """Write memory; registers of devices are out of reach."""
        for at in range(0, len(data), _CHUNK):
            part = data[at : at + _CHUNK]
            if self._ask(f"M{address + at:x},{len(part):x}:{part.hex()}".encode()) != b"OK":
                raise GdbError(f"no memory can be written at {address + at:#x}")

    def word(self, address: int) -> int:
        """Return 32 bits of memory or of a device."""
        return int.from_bytes(self.read(address, 4), "little")

    def register(self, number: int) -> int:
        """Return a register of 32 bits."""
        answer = self._ask(f"p{number:x}".encode())
        return int.from_bytes(bytes.fromhex(answer.decode("ascii")), "little")

    def set_register(self, number: int, value: int) -> None:
        """Set a register of 32 bits."""
        text = (value & 0xFFFF_FFFF).to_bytes(4, "little").hex()
        self._expect_ok(f"P{number:x}={text}")

    def stop_at(self, address: int) -> None:
        """Have the machine stop before it executes the instruction at `address`."""
        self._expect_ok(f"Z1,{address:x},2")

    def pass_by(self, address: int) -> None:
        """Undo `stop_at`."""
        self._expect_ok(f"z1,{address:x},2")

    def run(self, patience: float, start: int | None = None) -> None:
        """Run, from `start` if one is given, until the machine stops.

        Raises `GdbError`, also after `patience` seconds.
        """
        self._send(b"c" if start is None else b"c%x" % start)
        self._receive(time.monotonic() + patience)

    def _expect_ok(self, command: str) -> None:
        if self._ask(command.encode()) != b"OK":
            raise GdbError(f"refused: {command}")

    def _ask(self, command: bytes) -> bytes:
        self._send(command)
        return self._receive(time.monotonic() + _PATIENCE)

    def _send(self, command: bytes) -> None:
        try:
            self._socket.sendall(b"$%b#%02x" % (command, sum(command) & 0xFF))
        except OSError as fault:
            raise GdbError("the emulator is gone") from fault

    def _receive(self, deadline: float) -> bytes:
        """Return the next packet and acknowledge it."""
        while True:
            start = self._received.find(b"$")
            end = self._received.find(b"#", start)
            if 0 <= start < end <= len(self._received) - 3:
                packet = bytes(self._received[start + 1 : end])
                del self._received[: end + 3]
                self._socket.sendall(b"+")
                return packet
            self._more(deadline)

    def _more(self, deadline: float) -> None:
        self._socket.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            data = self._socket.recv(1 << 16)
        except TimeoutError as fault:
            raise GdbError("the emulator does not answer") from fault
        except OSError as fault:
            raise GdbError("the emulator is gone") from fault
        if not data:
            raise GdbError("the emulator is gone")
        self._received += data
