"""The core under test, with a clock that is told."""

import random

from lwm2m_server.coap.endpoint import Endpoint, Exchange, Incoming, Outcome
from lwm2m_server.coap.limits import LIMITS, Limits
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code
from lwm2m_server.coap.tuning import Tuning

from ..datagrams import Peer, Sent, taken_apart
from .layer import Answer, Call

_OTHERS = 64


class OurLayer:
    """An `Endpoint` and resources that answer at once."""

    def __init__(self, nstart: int = 1, limits: Limits = LIMITS) -> None:
        self.faults: list[BaseException] = []  # what it raises fails the test by itself
        self.now = 0.0
        self._resources: dict[str, Answer] = {}
        self.endpoint = Endpoint(
            self._served, random.Random(7).randbytes, limits=limits, tuning=Tuning(nstart=nstart)
        )

    def _served(self, incoming: Incoming) -> None:
        message = incoming.message
        resource = self._resources.get("/".join(message.options.uri_path))
        if resource is None:
            response = Message(Code.NOT_FOUND)
        else:
            code = Code.CONTENT if message.code == Code.GET else Code.CHANGED
            options = Options(block1=message.options.block1)
            response = Message(code, options, resource(bytes(message.payload)))
        self.endpoint.respond(incoming, response, self.now)

    def serve(self, segment: str, answer: Answer) -> None:
        self._resources[segment] = answer

    def receive(self, peer: Peer, data: bytes) -> None:
        self.endpoint.receive(peer, data, self.now)

    def sent(self) -> list[Sent]:
        sent = [taken_apart(peer, data) for peer, data in self.endpoint.outbox]  # type: ignore[arg-type] # remotes are peers here
        self.endpoint.outbox.clear()
        return sent

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := self.endpoint.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            self.endpoint.tick(self.now)
        self.now = until

    def get(self, peer: Peer, segment: str) -> Call:
        call = Call()
        request = Message(Code.GET, Options(uri_path=(segment,)))
        call.handle = self.endpoint.request(peer, request, _into(call), self.now)
        return call

    def observe(self, peer: Peer, segment: str, token: bytes | None = None) -> Call:
        call = Call()
        request = Message(Code.GET, Options(uri_path=(segment,), observe=0))
        call.handle = self.endpoint.observe(
            peer,
            request,
            _into(call),
            lambda notification: call.bodies.append(bytes(notification.payload)),
            self.now,
            token=token,
        )
        return call

    def cancel(self, call: Call) -> None:
        assert isinstance(call.handle, Exchange)
        self.endpoint.cancel(call.handle, self.now)

    def unreachable(self, peer: Peer) -> None:
        self.endpoint.unreachable(peer, "connection refused", self.now)

    def talk_to_others(self, messages: int) -> None:
        for number in range(messages):
            request = Message(Code.GET, type=1)
            self.endpoint.request(Peer(1 + number % _OTHERS), request, lambda _: None, self.now)
            self.endpoint.outbox.clear()

    def close(self) -> None:
        pass


def _into(call: Call):  # type: ignore[no-untyped-def] # endpoint.Done
    def done(outcome: Outcome) -> None:
        if isinstance(outcome, Message):
            call.bodies.append(bytes(outcome.payload))
        else:
            call.failure = outcome

    return done
