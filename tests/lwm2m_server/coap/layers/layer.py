"""A message layer under test, as scenarios see it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..datagrams import ACK, NON, Peer, Sent, datagram

Answer = Callable[[bytes], bytes]
"""What a resource does: takes a request's body, returns the answer's (2.04 or 2.05)."""


@dataclass(eq=False)
class Call:
    """A request on its way: every body that came for it, and how it ended."""

    handle: Any = None
    bodies: list[bytes] = field(default_factory=list)
    failure: BaseException | None = None

    @property
    def ended(self) -> bool:
        return bool(self.bodies) or self.failure is not None


class Layer(Protocol):
    """Datagrams and time in, datagrams out; nothing here waits for a real clock.

    `faults` holds what was raised where it could only reach the event loop.
    """

    faults: list[BaseException]

    def serve(self, segment: str, answer: Answer) -> None:
        """Answer every request whose path is `segment`."""
        ...

    def receive(self, peer: Peer, data: bytes) -> None:
        """Take a datagram, and let everything happen that it causes now."""
        ...

    def sent(self) -> list[Sent]:
        """Return what has left since this was called last."""
        ...

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def get(self, peer: Peer, segment: str) -> Call:
        """Send a confirmable GET."""
        ...

    def observe(self, peer: Peer, segment: str, token: bytes | None = None) -> Call:
        """Send a confirmable GET with Observe 0; `bodies` grows with each notification."""
        ...

    def cancel(self, call: Call) -> None:
        """Lose interest."""
        ...

    def unreachable(self, peer: Peer) -> None:
        """Take an ICMP error about `peer`."""
        ...

    def talk_to_others(self, messages: int) -> None:
        """Send so many messages to peers that no scenario looks at."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


def only(sent: list[Sent]) -> Sent:
    """Return the one datagram that was sent."""
    (one,) = sent
    return one


def answer(
    layer: Layer, request: Sent, code: int, body: bytes = b"", observe: int | None = None
) -> None:
    """Answer a request of the layer in its ACK."""
    options = () if observe is None else ((6, bytes([observe])),)
    layer.receive(request.peer, datagram(ACK, code, request.id, request.token, options, body))


def notify(
    layer: Layer, peer: Peer, of: Sent, message_id: int, number: int, *, type_: int = NON
) -> None:
    """Send notification `number` of an observation, its body the number as text."""
    body = str(number).encode()
    layer.receive(peer, datagram(type_, 0x45, message_id, of.token, ((6, bytes([number])),), body))
