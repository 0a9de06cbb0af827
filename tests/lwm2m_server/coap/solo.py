"""One endpoint whose peers are written by the test, under a clock that the test moves."""

import random
from collections.abc import Hashable
from typing import Any

from lwm2m_server.coap.endpoint import Endpoint, Exchange, Incoming, Outcome
from lwm2m_server.coap.limits import LIMITS, Limits
from lwm2m_server.coap.message import Message, decode, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.options import NONE, Options
from lwm2m_server.coap.tuning import TUNING, Tuning

A = "A"


class Solo:
    """Requests to the endpoint are answered with `answer`, or kept in `asked` where it is None."""

    def __init__(self, limits: Limits = LIMITS, tuning: Tuning = TUNING, seed: int = 1) -> None:
        self.now = 1000.0
        self.asked: list[Incoming] = []
        self.answer: Message | None = None
        self.outcomes: list[Outcome] = []
        self.notified: list[Message] = []
        self.stands = True
        self.strangers: set[Hashable] = set()
        self.endpoint = Endpoint(
            self._served,
            random.Random(seed).randbytes,
            limits,
            tuning,
            stands=lambda _: self.stands,
            alike=lambda *remotes: self.strangers.isdisjoint(remotes),
        )

    def _served(self, incoming: Incoming) -> None:
        self.asked.append(incoming)
        if self.answer is not None:
            self.endpoint.respond(incoming, self.answer, self.now)

    def said(self) -> list[Message]:
        """Take what the endpoint sent."""
        return [message for _, message in self.said_to()]

    def said_to(self) -> list[tuple[Hashable, Message]]:
        sent, self.endpoint.outbox = self.endpoint.outbox, []
        return [(remote, decode(datagram)) for remote, datagram in sent]

    def only(self) -> Message:
        """Take the one message that was sent."""
        (message,) = self.said()
        return message

    def hear(self, message: Message | bytes, remote: Hashable = A) -> list[Message]:
        """Let the endpoint receive; return what it says at once."""
        datagram = encode(message) if isinstance(message, Message) else message
        self.endpoint.receive(remote, datagram, self.now)
        return self.said()

    def wait(self, seconds: float) -> list[tuple[float, Message]]:
        """Let time pass; return what was said, and after how long."""
        start, end = self.now, self.now + seconds
        said = []
        while (due := self.endpoint.next_due()) is not None and due <= end:
            self.now = max(due, self.now)
            self.endpoint.tick(self.now)
            said += [(self.now - start, message) for message in self.said()]
        self.now = end
        return said

    def ask(
        self,
        request: Message | None = None,
        remote: Hashable = A,
        token: bytes | None = None,
    ) -> Exchange:
        request = request or Message(Code.GET, Options(uri_path=("3", "0")))
        done = self.outcomes.append
        return self.endpoint.request(remote, request, done, self.now, token=token)

    def observe(self, remote: Hashable = A, token: bytes | None = None) -> Exchange:
        return self.endpoint.observe(
            remote,
            Message(Code.GET, Options(uri_path=("3303", "0"))),
            self.outcomes.append,
            self.notified.append,
            self.now,
            token=token,
        )


def ack(request: Message, payload: bytes = b"ok", **options: Any) -> Message:
    """A piggybacked response."""
    said = Options(**options) if options else NONE
    return Message(Code.CONTENT, said, payload, Type.ACK, request.id, request.token)


def empty(kind: Type, number: int) -> Message:
    return Message(Code.EMPTY, type=kind, id=number)


def separate(
    request: Message, number: int, payload: bytes = b"ok", kind: Type = Type.CON, **options: Any
) -> Message:
    """A separate response, or a notification."""
    said = Options(**options) if options else NONE
    return Message(Code.CONTENT, said, payload, kind, number, request.token)


def register(number: int = 1, token: bytes = b"t", body: bytes = b"</3/0>") -> Message:
    """A request."""
    options = Options(uri_path=("rd",), uri_query=("ep=e",), content_format=40)
    return Message(Code.POST, options, body, Type.CON, number, token)
