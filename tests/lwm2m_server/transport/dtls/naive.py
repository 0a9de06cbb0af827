"""How a DTLS server is written first, and how some are shipped: one context per address.

Whatever comes from an address that is new makes a context, and the address is that context's from
then on. It is what the tests of faults have to fail on.
"""

import os
from collections.abc import Iterable
from typing import Any

from lwm2m_server.coap.limits import LIMITS, Limits
from lwm2m_server.protocol.identity import Identity
from lwm2m_server.transport.dtls.hello import ClientHello, Cookies
from lwm2m_server.transport.dtls.openssl import OpensslEngine


class NaiveSessions:
    """Takes and sends as `Sessions` does, in the simplest way that lets good clients in."""

    def __init__(
        self,
        engine: OpensslEngine,
        send: Any,
        received: Any,
        ended: Any,
        *,
        limits: Limits = LIMITS,
        **_: object,
    ) -> None:
        del ended, limits  # nothing ends, and nothing is bounded
        self._engine = engine
        self._send = send
        self._received = received
        self._cookies = Cookies(os.urandom)
        self._contexts: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self._contexts)

    @property
    def half_open(self) -> int:
        return 0

    def take(self, batch: Iterable[tuple[bytes, Any, Any]], now: float) -> None:
        for datagram, source, pktinfo in batch:
            handshake = self._contexts.setdefault(source)
            plaintexts: Iterable[bytes] = ()
            if handshake is None:
                handshake = self._greeted(datagram, source, pktinfo, now)
            elif handshake.association is None:
                plaintexts = handshake.receive(datagram, now)
            else:
                plaintexts = handshake.association.receive(datagram)
            for out in handshake.outbox if handshake else ():
                self._send(out, source, pktinfo)
            if handshake:
                handshake.outbox.clear()
            for plaintext in plaintexts:
                self._received([(_Peer(handshake.association.identity), plaintext)])

    def _greeted(self, datagram: bytes, source: Any, pktinfo: Any, now: float) -> Any:
        """Answer a first ClientHello with a cookie, and begin with a second."""
        hello, claim = ClientHello.parse(datagram), repr(source).encode()
        if hello is None:
            return None
        if not self._cookies.right(hello, claim, now):
            self._send(self._cookies.request(hello, claim, now), source, pktinfo)
            return None
        handshake = self._contexts[source] = self._engine.accept(datagram, now)
        return handshake

    def tick(self, now: float) -> None:
        """Let nothing go."""

    def find(self, address: str, identity: Identity) -> None:
        """Know no way back: what is served is answered, and that is all."""


class _Peer:
    """Who sent a plaintext, where that is all that is told."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.address = ""
