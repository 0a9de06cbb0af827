"""Endpoints joined by a link that loses, doubles, delays and reorders, under a fake clock."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from lwm2m_server.coap.endpoint import Endpoint, Incoming, Outcome
from lwm2m_server.coap.limits import LIMITS, Limits
from lwm2m_server.coap.message import Message, decode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.options import Options
from lwm2m_server.coap.tuning import TUNING, Tuning


@dataclass(frozen=True)
class Weather:
    """What a link does to datagrams: probabilities, and seconds at most."""

    loss: float = 0.0
    doubled: float = 0.0
    delay: float = 0.1
    slow: float = 0.0
    """How long a server takes to answer, at most; from half a second on it answers separately."""


class Net:
    """Endpoints by name; each is client and server. Payloads are numbers, each used once."""

    def __init__(
        self,
        names: str,
        weather: Weather,
        seed: int,
        limits: Limits = LIMITS,
        tuning: Tuning = TUNING,
    ) -> None:
        self.now = 5000.0
        self.weather = weather
        self.chance = random.Random(seed)
        self.served: dict[str, list[bytes]] = {name: [] for name in names}
        self.outcomes: dict[bytes, list[Outcome]] = {}
        self.sent: list[tuple[float, str, str, bytes]] = []
        self._numbers = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self.endpoints = {
            name: Endpoint(self._server(name), self.chance.randbytes, limits, tuning)
            for name in names
        }

    def at(self, when: float, what: Callable[[], None]) -> None:
        heappush(self._events, (when, next(self._numbers), what))

    def ask(self, client: str, server: str, kind: Type = Type.CON) -> bytes:
        """Send a request now; return by what it is known."""
        name = b"%d" % next(self._numbers)
        self.outcomes[name] = []
        request = Message(Code.POST, Options(uri_path=("x",)), name, kind)
        done = self.outcomes[name].append
        self.endpoints[client].request(server, request, done, self.now)
        self._carry(client)
        return name

    def _server(self, name: str) -> Callable[[Incoming], None]:
        def served(incoming: Incoming) -> None:
            body = bytes(incoming.message.payload)
            self.served[name].append(body)
            answer = Message(Code.CHANGED, payload=body)

            def respond() -> None:
                self.endpoints[name].respond(incoming, answer, self.now)
                self._carry(name)

            if self.weather.slow:
                self.at(self.now + self.chance.uniform(0, self.weather.slow), respond)
            else:
                self.endpoints[name].respond(incoming, answer, self.now)

        return served

    def _carry(self, sender: str) -> None:
        endpoint = self.endpoints[sender]
        outbox, endpoint.outbox = endpoint.outbox, []
        for receiver, datagram in outbox:
            assert isinstance(receiver, str)
            self.sent.append((self.now, sender, receiver, datagram))
            for _ in range(1 + (self.chance.random() < self.weather.doubled)):
                if self.chance.random() >= self.weather.loss:
                    arrival = self.now + self.chance.uniform(0, self.weather.delay)
                    self.at(arrival, self._arrival(sender, receiver, datagram))

    def _arrival(self, sender: str, receiver: str, datagram: bytes) -> Callable[[], None]:
        def arrive() -> None:
            self.endpoints[receiver].receive(sender, datagram, self.now)
            self._carry(receiver)

        return arrive

    def run(self, seconds: float = 1e5) -> None:
        """Let time pass until nothing is left to happen."""
        end = self.now + seconds
        while True:
            due = [
                (when, name)
                for name, endpoint in self.endpoints.items()
                if (when := endpoint.next_due()) is not None
            ]
            if self._events:
                due.append((self._events[0][0], ""))
            if not due or min(due)[0] > end:
                break
            when, name = min(due)
            self.now = max(self.now, when)
            if name:
                self.endpoints[name].tick(self.now)
                self._carry(name)
            else:
                heappop(self._events)[2]()

    def reused(self, lifetime: float) -> list[tuple[str, str, int]]:
        """Return message ids that were used for two messages within their lifetime."""
        last: dict[tuple[str, str, int], tuple[float, bytes]] = {}
        again = []
        for at, sender, receiver, datagram in self.sent:
            message = decode(datagram)
            if message.type in {Type.ACK, Type.RST}:
                continue
            key = sender, receiver, message.id
            first, before = last.get(key, (at, datagram))
            if before != datagram and at - first < lifetime:
                again.append(key)
            if before != datagram or key not in last:
                last[key] = at, datagram
        return again
