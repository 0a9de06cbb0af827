"""One session: what the rest of the server sees of a DTLS association."""

from collections.abc import Callable
from itertools import count
from typing import Any, Final

from ...protocol.identity import Identity
from ..udp import Sockaddr, UdpRemote
from .port import Association

_NUMBERS: Final = count()

Send = Callable[[bytes, Sockaddr, bytes | None], None]
"""Sends a datagram to an address, from the one of ours in IPV6_PKTINFO (`UdpSocket.send`)."""

Key = tuple[Sockaddr, bytes | None]
"""Whom a datagram came from and to which of our addresses: what tells associations apart."""

KnownBy = Key | bytes
"""What a session's records are known by: where they come from, or their Connection ID."""


class Session:
    """A `Sender` that encrypts; each is equal to itself alone.

    Its hash never comes again, by which the message layer remembers what it answered: the
    place in memory of a session that is gone may become that of another.

    `key` is where its peer is now; `address` stays that of its handshake, by which it is found,
    wherever a Connection ID lets it go. `active` is when the peer last proved to be there, in
    the time of its table; `over` is set by the table that has it no more.
    """

    __slots__ = (
        "_number", "_send", "active", "address", "association", "identity", "key", "known_by",
        "over",
    )  # fmt: skip

    def __init__(self, send: Send, key: Key, association: Association, now: float) -> None:
        self._number = next(_NUMBERS)
        self._send = send
        self.key = key
        self.known_by: KnownBy = association.cid or key
        self.association = association
        self.identity: Identity = association.identity
        self.address = address_of(key)
        self.active = now
        self.over = False  # its table has it no more

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other

    def send(self, datagram: bytes) -> None:
        """Encrypt and send; nothing, where the session is over."""
        association = self.association
        if not self.over and association.over is None:
            source, pktinfo = self.key
            self._send(association.seal(datagram), source, pktinfo)

    def flush(self) -> None:
        """Send what the record layer has to say for itself."""
        outbox = self.association.outbox
        for datagram in outbox:
            self._send(datagram, *self.key)
        outbox.clear()

    def close(self) -> None:
        """Tell the peer that the session is over, where it is not over already."""
        if not self.over and self.association.over is None:
            self._send(self.association.close(), *self.key)


def address_of(key: Key) -> str:
    """Return the text by which storage knows a peer over DTLS: `coaps://HOST:PORT?local=ADDR`."""
    nowhere: Any = None
    return "coaps" + UdpRemote(nowhere, *key).address.removeprefix("coap")
