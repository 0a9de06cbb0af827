"""What DTLS is to this server: engines below, sessions above.

An engine within the process makes handshakes, and a handshake ends in an association; both
take datagrams and yield datagrams and plaintext, and know neither sockets nor addresses.
What terminates DTLS elsewhere implements `SecurePort` alone.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ...protocol.identity import Identity
from ..handler import Sender

Received = Callable[[Iterable[tuple[Sender, bytes]]], None]
"""Takes the plaintext that came in one turn of the loop (`Driver.received`)."""

Ended = Callable[[Sender, str], None]
"""Takes a session that is over and why: nothing sent to it arrives (`Endpoint.forget`)."""

Disproved = Callable[[Identity, str], None]
"""Takes an identity that a peer named and did not prove, and where that was (`coaps://...`)."""


class Association(Protocol):
    """A DTLS association whose handshake is done: records in, plaintext out, and back.

    What is no record of this association (replayed, truncated, forged, of another epoch) is
    dropped and leaves no trace (RFC 6347 §4.1.2.7). `outbox` holds datagrams to be
    sent, which the caller empties. `over` says why nothing more will come or go.
    """

    @property
    def identity(self) -> Identity:
        """Who the peer has proven to be."""
        ...

    @property
    def outbox(self) -> list[bytes]:
        """Answers of the record layer itself: alerts, the last flight once more."""
        ...

    @property
    def over(self) -> str | None:
        """Why the association is over; None while it lives."""
        ...

    @property
    def cid(self) -> bytes:
        """The Connection ID that the peer's records bear (RFC 9146), empty without."""
        ...

    @property
    def fresh(self) -> bool:
        """Whether the last `receive` had a record newer than all before it (RFC 9146 §6)."""
        ...

    def receive(self, datagram: bytes) -> Sequence[bytes]:
        """Return the plaintext of each record that is genuine and new; never raises."""
        ...

    def seal(self, plaintext: bytes) -> bytes:
        """Return the datagram that carries `plaintext`."""
        ...

    def close(self) -> bytes:
        """End the association: return the datagram with its close_notify."""
        ...


class Handshake(Protocol):
    """One handshake as server, begun by a ClientHello that brought the right cookie.

    `outbox` is as in `Association`. Exactly one of `association` and `failed` is set
    once it has ended. Times are seconds on any steady clock.
    """

    @property
    def outbox(self) -> list[bytes]:
        """Datagrams to be sent: flights and alerts."""
        ...

    @property
    def association(self) -> Association | None:
        """What the handshake ended in, None before."""
        ...

    @property
    def failed(self) -> str | None:
        """Why there will be no association."""
        ...

    @property
    def unproven(self) -> Identity | None:
        """Whom the peer has named without proving it, though it tried; None before that.

        The key is not the peer's, or what it proves it by was forged or damaged: no last word
        until the handshake is over.
        """
        ...

    def receive(self, datagram: bytes, now: float) -> Sequence[bytes]:
        """Take a datagram; return plaintext that came along with the end. Never raises."""
        ...

    def due(self) -> float | None:
        """Return when `tick` is to be called, None where nothing waits (RFC 6347 §4.2.4)."""
        ...

    def tick(self, now: float) -> None:
        """Send the last flight once more, where it is due."""
        ...

    def abandon(self) -> None:
        """Free what it holds; nothing is sent."""
        ...


class Engine(Protocol):
    """Makes handshakes; asks `service.ports.Keyring` for keys and for who is who.

    `cid_size` is the size of the Connection IDs that it gives to its associations.
    """

    cid_size: int

    def accept(self, hello: bytes, now: float) -> Handshake:
        """Begin with a datagram whose ClientHello is whole and whose cookie is right."""
        ...


class SecurePort(Protocol):
    """A port that speaks CoAP over DTLS, wherever it is terminated.

    It is opened with a `Received` and an `Ended`. Each session is a `Sender`, equal to itself
    alone and with a hash that never comes again. Its address stays that of its handshake, by
    which registrations know it, wherever a Connection ID lets its peer go (RFC 9146); its
    identity never changes.
    """

    @property
    def port(self) -> int:
        """The local UDP port."""
        ...

    def find(self, address: str, identity: Identity) -> Sender | None:
        """Return the live session of `identity` that began at `address` (`coaps://...`).

        None where there is none: only the device can begin another.
        """
        ...

    def end(self, identity: Identity) -> None:
        """Close every session of an identity, as its credential was revoked or replaced."""
        ...

    def close(self) -> None:
        """Close every session and release the port."""
        ...
