"""What holds whatever a network does: RFC 7252 §4 and §5, end to end."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lwm2m_server.coap.block import Block
from lwm2m_server.coap.errors import TimedOut
from lwm2m_server.coap.limits import Limits
from lwm2m_server.coap.message import Message, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.options import Options
from lwm2m_server.coap.tuning import TUNING, Tuning

from .link import Net, Weather
from .solo import Solo

WEATHERS = st.builds(
    Weather,
    loss=st.sampled_from([0.0, 0.1, 0.3, 0.6]),
    doubled=st.sampled_from([0.0, 0.3]),
    delay=st.sampled_from([0.01, 1.0, 5.0, 40.0]),
    slow=st.sampled_from([0.0, 0.3, 3.0, 30.0]),
)
DATAGRAMS = (
    st.binary(max_size=40)
    | st.builds(
        lambda head, code, number, rest: bytes((0x40 | head, code)) + number.to_bytes(2) + rest,
        st.sampled_from([0x00, 0x01, 0x10, 0x20, 0x24, 0x30]),
        st.sampled_from([0, 1, 2, 5, 0x45, 0x5F, 0x84]),
        st.integers(0, 3),
        st.binary(max_size=30),
    )
    | st.builds(
        lambda code, path, block, kind, number, body: encode(
            Message(
                code,
                Options(uri_path=path, block1=block),
                body if block is None else body.ljust(16, b".")[:16],
                kind,
                number,
                b"t",
            )
        ),
        st.sampled_from([Code.GET, Code.POST, Code.PUT]),
        st.sampled_from([("rd",), ("p", "x")]),
        st.none() | st.builds(Block, st.integers(0, 2), st.booleans(), st.just(0)),
        st.sampled_from([Type.CON, Type.NON]),
        st.integers(0, 3),
        st.binary(max_size=16),
    )
)
ASKED = st.lists(
    st.tuples(
        st.floats(0, 60),
        st.sampled_from(["AB", "BA", "AC", "CA"]),
        st.sampled_from([Type.CON, Type.CON, Type.CON, Type.NON]),
    ),
    max_size=25,
)


def assert_laws(net: Net) -> None:
    for outcomes in net.outcomes.values():
        assert len(outcomes) == 1, "a request ends exactly once"
    served = [name for names in net.served.values() for name in names]
    assert len(served) == len(set(served)), "nothing is delivered twice"
    for name, (outcome,) in net.outcomes.items():
        if isinstance(outcome, Message):
            assert outcome.payload == name, "a response is that of its request"
            assert name in served
    assert net.reused(TUNING.exchange_lifetime) == []
    for endpoint in net.endpoints.values():
        assert not any(endpoint.held()), "memory returns to where it was"
        assert endpoint.next_due() is None
        assert endpoint._wheel._slots == {}


@settings(max_examples=60)
@given(WEATHERS, ASKED, st.integers(0, 2**32), st.sampled_from([1, 2, 4]))
def test_the_laws(
    weather: Weather, asked: list[tuple[float, str, Type]], seed: int, nstart: int
) -> None:
    net = Net("ABC", weather, seed, tuning=Tuning(nstart=nstart))
    for at, (client, server), kind in asked:
        net.at(net.now + at, lambda c=client, s=server, k=kind: net.ask(c, s, k))  # type: ignore[misc]
    net.run()
    assert len(net.outcomes) == len(asked)
    assert_laws(net)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("XY"), DATAGRAMS, st.floats(0, 20)), max_size=30))
def test_whatever_is_received_raises_nothing_and_leaves_nothing(
    heard: list[tuple[str, bytes, float]],
) -> None:
    solo = Solo()
    solo.answer = Message(Code.CONTENT, payload=bytes(2000))
    for remote, datagram, pause in heard:
        size = len(solo.endpoint.outbox)
        solo.endpoint.receive(remote, datagram, solo.now)
        assert len(solo.endpoint.outbox) <= size + 1
        if len(solo.endpoint.outbox) > size:
            answer = solo.endpoint.outbox[-1][1]
            assert len(answer) <= max(3 * len(datagram), 4), "no amplification"
        solo.wait(pause)
    solo.wait(2000)
    assert not any(solo.endpoint.held())
    assert solo.endpoint.next_due() is None


def test_without_loss_everything_is_answered() -> None:
    net = Net("AB", Weather(doubled=0.5, delay=1.0, slow=2.0), 7)
    for second in range(40):
        net.at(net.now + second, lambda: net.ask("A", "B"))
    net.run()
    assert all(isinstance(outcome, Message) for (outcome,) in net.outcomes.values())
    assert_laws(net)


def test_through_loss_nearly_everything_is_answered() -> None:
    """A third lost in each direction: four retransmissions leave one in fifty without answer."""
    net = Net("AB", Weather(loss=0.33, delay=0.2), 7, limits=Limits(waiting=1000))
    for _ in range(300):
        net.ask("A", "B")
    net.run()
    lost = [outcome for (outcome,) in net.outcomes.values() if isinstance(outcome, TimedOut)]
    assert len(lost) < 25
    assert_laws(net)


def test_who_is_silent_costs_only_what_asked_them() -> None:
    net = Net("ABC", Weather(), 7)
    net.endpoints["C"].receive = lambda *_: None  # type: ignore[method-assign]
    silent = [net.ask("A", "C") for _ in range(3)]
    spoken = [net.ask("A", "B") for _ in range(3)]
    net.run()
    assert all(isinstance(net.outcomes[name][0], TimedOut) for name in silent)
    assert all(isinstance(net.outcomes[name][0], Message) for name in spoken)
    assert_laws(net)


def test_a_storm_of_few_limits_ends_too() -> None:
    limits = Limits(peers=2, waiting=2, pending=1, remembered=16)
    net = Net("ABCD", Weather(loss=0.2, delay=2.0, slow=5.0), 7, limits)
    for number in range(200):
        pair = net.chance.sample("ABCD", 2)
        net.at(net.now + number / 10, lambda p=pair: net.ask(*p))  # type: ignore[misc]
    net.run()
    assert all(len(outcomes) == 1 for outcomes in net.outcomes.values())
    assert not any(any(endpoint.held()) for endpoint in net.endpoints.values())
