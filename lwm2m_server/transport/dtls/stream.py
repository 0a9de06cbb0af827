"""The stream of frames to the process that terminates DTLS, bounded in what waits for it."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterable
from typing import Final

from .frames import Frame, Frames, Kind, encode

_PIECE: Final = 256 * 1024
_MOST_WAITING: Final = 4 * 1024 * 1024


class Stream:
    """One end of the stream. All that one turn of the loop sends is written at once.

    `taken` gets the frames of one read; `over` says why the stream has ended, once it has.
    """

    def __init__(self, sock: socket.socket, taken: Callable[[Iterable[Frame]], None]) -> None:
        sock.settimeout(0)
        self._socket = sock
        self._taken = taken
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._waiting: list[bytes] = []
        self._size = 0
        self._flushing = False
        self.over: asyncio.Future[str] = self._loop.create_future()
        self._loop.add_reader(sock, self._readable)

    def offer(self, kind: Kind, session: int, body: bytes) -> None:
        """Send a frame that may be lost where too much is waiting, as on any network."""
        if self._size < _MOST_WAITING:
            self.send(kind, session, body)

    def send(self, kind: Kind, session: int = 0, body: bytes = b"") -> None:
        """Send a frame. Of these there is one for each question or session, thus not many."""
        frame = encode(kind, session, body)
        self._waiting.append(frame)
        self._size += len(frame)
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def close(self, why: str = "closed") -> None:
        """Hang up; what waits is lost."""
        if not self.over.done():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()
            self.over.set_result(why)

    def _readable(self) -> None:
        try:
            piece = self._socket.recv(_PIECE)
            frames = self._frames.feed(piece)
        except BlockingIOError:
            return
        except (OSError, ValueError) as fault:
            self.close(str(fault))
            return
        if piece:
            self._taken(frames)
        else:
            self.close("it hung up")

    def _flush(self) -> None:
        self._flushing = False
        if self.over.done() or not self._waiting:
            return
        batch = b"".join(self._waiting)
        try:
            sent = self._socket.send(batch)
        except BlockingIOError:
            sent = 0
        except OSError as fault:
            self.close(os.strerror(fault.errno or 0))
            return
        if sent == len(batch):
            self._waiting.clear()
            self._size = 0
            self._loop.remove_writer(self._socket)
            return
        self._waiting = [batch[sent:]]
        self._size = len(batch) - sent
        self._flushing = True
        self._loop.add_writer(self._socket, self._flush)
