"""What answers requests: plain functions on CoAP values, whatever they came over."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..coap.endpoint import Incoming
from ..coap.message import Message
from ..protocol.identity import Identity


class Sender(Protocol):
    """Where a request came from; hashable, and what `coap.endpoint` knows as `Remote`."""

    def __hash__(self) -> int:
        """Equal senders are one peer."""
        ...

    @property
    def address(self) -> str:
        """The text by which storage knows the peer (see `address.Peer`)."""
        ...

    @property
    def identity(self) -> Identity:
        """Who the peer has proven to be."""
        ...

    def send(self, datagram: bytes) -> None:
        """Send to the peer, by whatever carries it; never raises and never waits."""
        ...


@dataclass(slots=True)
class Pending:
    """An answer that waits: `response` goes out once `until` is done.

    Where `response` is None, `until` yields it. Where `until` fails, its exception
    becomes the error response (`errors.refusal`). Many requests may share one `until`.
    """

    until: "asyncio.Future[Any]"
    response: Message | None = None


Handler = Callable[[Incoming], Message | Pending]
"""Answers a whole request, whose `remote` is a `Sender`.

Raises `InvalidRequest` or `ObjectsError` for what is the peer's fault. Sets `proven`
where the request shows a secret that was sent to the peer's address.
"""
