"""The secured port on a UDP socket of the event loop, with the engine in this process."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Self

from ...coap.limits import LIMITS, Limits
from ...protocol.identity import Identity
from ...service.ports import Keyring
from ..handler import Sender
from ..udp import Datagram, Sockaddr, UdpSocket
from . import known_answer
from .openssl import OpensslEngine
from .port import Disproved, Ended, Engine, Received
from .sessions import Counts, Sessions


class DtlsPort:
    """See `port.SecurePort`. `unreachable` takes ICMP errors about a session, as hints."""

    def __init__(
        self,
        engine: Engine,
        received: Received,
        ended: Ended,
        *,
        unreachable: Callable[[Sender, str], None],
        limits: Limits = LIMITS,
        busy: Callable[[Sender], bool] = lambda _: False,
        disproved: Disproved = lambda *_: None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket: UdpSocket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._unreachable = unreachable
        self._sessions = Sessions(
            engine,
            self._send,
            received,
            ended,
            entropy=secrets.token_bytes,
            limits=limits,
            busy=busy,
            disproved=disproved,
        )

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        keyring: Keyring,
        received: Received,
        ended: Ended,
        *,
        unreachable: Callable[[Sender, str], None],
        limits: Limits = LIMITS,
        busy: Callable[[Sender], bool] = lambda _: False,
        disproved: Disproved = lambda *_: None,
    ) -> Self:
        """Bind and serve (port 0 lets the system choose).

        Raises `EngineUnavailable` where OpenSSL or the server's own certificate cannot be
        used, or OpenSSL does not understand our records, and `OSError` where the address is
        taken or not ours.
        """
        engine = OpensslEngine(keyring)
        known_answer.require()
        opened = cls(
            engine,
            received,
            ended,
            unreachable=unreachable,
            limits=limits,
            busy=busy,
            disproved=disproved,
        )
        opened._socket = await UdpSocket.open(host, port, opened._take, opened._errored)
        return opened

    @property
    def port(self) -> int:
        """The local UDP port."""
        return self._socket.port if self._socket is not None else 0

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def half_open(self) -> int:
        """How many handshakes are under way."""
        return self._sessions.half_open

    @property
    def counts(self) -> Counts:
        """How often what happened since the start."""
        return self._sessions.counts

    def find(self, address: str, identity: Identity) -> Sender | None:
        """Return the live session with that text address, if it is of that identity."""
        return self._sessions.find(address, identity)

    def end(self, identity: Identity) -> None:
        """Close every session of an identity, as its credential was revoked or replaced."""
        self._sessions.end(identity)

    def close(self) -> None:
        """Close every session and release the port."""
        self._sessions.close()
        if self._timer is not None:
            self._timer.cancel()
        if self._socket is not None:
            self._socket.close()

    def _send(self, datagram: bytes, to: Sockaddr, pktinfo: bytes | None) -> None:
        if self._socket is not None:
            self._socket.send(datagram, to, pktinfo)

    def _take(self, batch: list[Datagram]) -> None:
        self._sessions.take(batch, self._loop.time())
        self._wind()

    def _errored(self, to: Sockaddr, pktinfo: bytes | None, why: str) -> None:
        if (session := self._sessions.at((to, pktinfo))) is not None:
            self._unreachable(session, why)

    def _wind(self) -> None:
        """Have `tick` called when it is due: one timer for all handshakes."""
        due = self._sessions.next_due()
        if due is None or (self._timer is not None and self._timer.when() <= due):
            return  # a timer that is early finds nothing to do, and is set anew
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._sessions.tick(self._loop.time())
        self._wind()
