"""A running emulator: started stopped, spoken to through a socket, gone with its owner."""

import socket
import subprocess
import sys
import weakref
from pathlib import Path

from ..errors import ToolchainFailed
from .gdb import Gdb, GdbError
from .machine import Machine

_LAUNCH = Path(__file__).with_name("launch.py")


def start(machine: Machine, owner: object) -> Gdb:
    """Start a machine, ended when `owner` is collected. Raises `ToolchainFailed`.

    It stays in this process's group, so that who kills a build kills it too.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        command = machine.command(theirs.fileno())
        process = subprocess.Popen(  # noqa: S603 -- our own argument vector, no shell
            (sys.executable, "-I", "-S", str(_LAUNCH), *command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    weakref.finalize(owner, _end, process, ours)
    try:
        return Gdb(ours)
    except GdbError as fault:
        raise ToolchainFailed(f"{machine.program} does not start {machine.name}") from fault


def _end(process: "subprocess.Popen[bytes]", connection: socket.socket) -> None:
    connection.close()
    process.kill()
    process.wait()
