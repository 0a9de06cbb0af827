"""An endpoint that does as it is told: what the driver needs of `coap.Endpoint`, and no more."""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any

from lwm2m_server.coap.endpoint import Incoming, Outcome
from lwm2m_server.coap.message import Message, Options


@dataclass(eq=False)
class FakeEndpoint:
    """Datagrams are paths, `rd/1`; answers leave as their code and payload, with the path."""

    served: Callable[[Incoming], None]
    proven: Callable[[Any], bool]
    entropy: Callable[[int], bytes]
    stands: Callable[[Message], bool]
    alike: Callable[[Any, Any], bool]
    doubtful: Container[int]
    now: float = 0.0
    limits: Any = None
    tuning: Any = None
    outbox: list[tuple[Any, bytes]] = field(default_factory=list)
    due: list[float] = field(default_factory=list)
    ticks: list[float] = field(default_factory=list)
    requests: list[Callable[[Outcome], None]] = field(default_factory=list)
    cancelled: list[Any] = field(default_factory=list)
    hints: list[tuple[Any, str]] = field(default_factory=list)
    impossible: set[int] = field(default_factory=set)

    def receive(self, remote: Any, datagram: bytes, now: float, _read: object = None) -> None:
        path = tuple(datagram.decode().split("/"))
        self.served(Incoming(remote, Message(1, Options(uri_path=path)), len(datagram)))

    def respond(self, incoming: Incoming, response: Message, now: float) -> None:
        if response.code in self.impossible:
            raise ValueError("no message can hold it")
        where = "/".join(incoming.message.options.uri_path).encode()
        answer = b"%d %s %s" % (response.code, where, response.payload)
        self.outbox.append((incoming.remote, answer.strip()))

    def request(
        self,
        remote: Any,
        request: Message,
        done: Any,
        now: float,
        *,
        token: bytes | None = None,
    ) -> Any:
        self.outbox.append((remote, b"request " + (token or b"")))
        self.requests.append(done)
        return done

    def cancel(self, exchange: Any, now: float) -> None:
        self.cancelled.append(exchange)

    def unreachable(self, remote: Any, why: str, now: float) -> None:
        self.hints.append((remote, why))

    def next_due(self) -> float | None:
        return min(self.due, default=None)

    def tick(self, now: float) -> None:
        self.ticks.append(now)
        self.due = [due for due in self.due if due > now]
