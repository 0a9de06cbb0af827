"""Two endpoints, bodies in blocks between them, and a network that does what networks do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from lwm2m_server.coap.block import Block
from lwm2m_server.coap.endpoint import Endpoint, Incoming, Outcome, Remote
from lwm2m_server.coap.limits import Limits
from lwm2m_server.coap.message import Message, Options, decode, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.transfer import Upload
from lwm2m_server.service.ports import Package
from lwm2m_server.transport.pull import PackageHandler

PUT = Message(Code.PUT, Options(uri_path=("5", "0", "0"), content_format=42))
LIMITS = Limits(body=1 << 20)


@dataclass
class Network:
    """Loses, doubles and delays datagrams between two endpoints, `server` and `device`."""

    random: Random
    loss: float
    now: float = 0.0
    ends: dict[str, Endpoint] = field(default_factory=dict)
    _on_its_way: list[tuple[float, int, str, bytes]] = field(default_factory=list)
    _count: int = 0

    def add(self, name: str, served: Callable[[Incoming], Message]) -> Endpoint:
        def answer(incoming: Incoming) -> None:
            endpoint.respond(incoming, served(incoming), self.now)

        endpoint = Endpoint(answer, self.random.randbytes, LIMITS)
        self.ends[name] = endpoint
        return endpoint

    def run(self, until: float = 1e5) -> None:
        self._carry()
        while (due := self._next()) is not None and due <= until:
            self.now = max(due, self.now)
            if self._on_its_way and self._on_its_way[0][0] <= self.now:
                _, _, to, datagram = heappop(self._on_its_way)
                self.ends[to].receive(_other(to), datagram, self.now)
            else:
                for endpoint in self.ends.values():
                    endpoint.tick(self.now)
            self._carry()

    def _next(self) -> float | None:
        dues = [due for end in self.ends.values() if (due := end.next_due()) is not None]
        if self._on_its_way:
            dues.append(self._on_its_way[0][0])
        return min(dues, default=None)

    def _carry(self) -> None:
        for endpoint in self.ends.values():
            outbox, endpoint.outbox = endpoint.outbox, []
            for to, datagram in outbox:
                while self.random.random() >= self.loss:
                    self._count += 1
                    delay = self.random.uniform(0.01, 3.0 if self.random.random() < 0.1 else 0.05)
                    heappush(self._on_its_way, (self.now + delay, self._count, str(to), datagram))
                    if self.random.random() >= 0.1:
                        break


def _other(name: str) -> str:
    return "device" if name == "server" else "server"


def nothing(_: Incoming) -> Message:
    return Message(Code.NOT_FOUND)


seeds = st.integers(0, 1 << 32)
losses = st.sampled_from([0.0, 0.05, 0.2, 0.4])


@settings(max_examples=40)
@given(st.integers(1025, 40_000), seeds, losses)
def test_an_upload_arrives_whole_exactly_once(size: int, seed: int, loss: float) -> None:
    network = Network(Random(seed), loss)
    body = network.random.randbytes(size)
    bodies: list[bytes] = []
    outcomes: list[Outcome] = []

    def take(incoming: Incoming) -> Message:
        bodies.append(bytes(incoming.message.payload))
        return Message(Code.CHANGED)

    network.add("device", take)
    server = network.add("server", nothing)
    job = Upload(server, "device", PUT, body, outcomes.append, lambda *_: None, 1e4)
    job.start(network.now)
    network.run()
    (outcome,) = outcomes
    assert isinstance(outcome, Message), outcome
    assert (outcome.code, bodies) == (Code.CHANGED, [body])


@settings(max_examples=40)
@given(st.integers(0, 40_000), seeds, losses)
def test_a_package_arrives_whole(size: int, seed: int, loss: float) -> None:
    network = Network(Random(seed), loss)
    image = network.random.randbytes(size)

    class Source:
        def package(self, token: str) -> Package:
            return Package(image, b"etag")

        def pulled(self, token: str, done: int, total: int) -> None:
            assert 0 <= done <= total == size

    network.add("server", PackageHandler(Source(), lambda: network.now))
    device = network.add("device", nothing)
    got: list[bytes] = []
    whole: list[bytes] = []

    def ask() -> None:
        block = Block(len(got), more=False)
        request = Message(Code.GET, Options(uri_path=("p", "token"), block2=block))
        device.request("server", request, take, network.now)

    def take(outcome: Outcome) -> None:
        if isinstance(outcome, Message):
            got.append(bytes(outcome.payload))
            if not outcome.options.block2.more:
                whole.append(b"".join(got))
                return
        ask()  # after a failure the same block: a device resumes where it was

    ask()
    network.run()
    assert whole == [image]


def test_an_upload_goes_on_where_its_peer_has_moved_to() -> None:
    endpoint = Endpoint(lambda _: None, Random(1).randbytes, LIMITS)
    outcomes: list[Outcome] = []
    job = Upload(endpoint, "here", PUT, bytes(2048), outcomes.append, lambda *_: None, 60.0)
    job.start(1.0)
    (first,) = sent(endpoint)
    endpoint.moved("here", "there")
    job.moved("there")
    assert sent(endpoint) == []  # the exchange moved along, it is not begun anew
    endpoint.receive("there", confirmation(first[1]), 2.0)
    (second,) = sent(endpoint)
    assert second[0] == "there"
    endpoint.receive("there", confirmation(second[1]), 3.0)
    (outcome,) = outcomes
    assert isinstance(outcome, Message)
    assert outcome.code == Code.CHANGED


def sent(endpoint: Endpoint) -> list[tuple[Remote, bytes]]:
    outbox, endpoint.outbox = endpoint.outbox, []
    return outbox


def confirmation(datagram: bytes) -> bytes:
    request = decode(datagram)
    block = request.options.block1
    assert block is not None
    code = Code.CONTINUE if block.more else Code.CHANGED
    return encode(Message(code, Options(block1=block), b"", Type.ACK, request.id, request.token))
