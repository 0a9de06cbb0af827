"""The driver answers what comes in, whatever handlers do, and keeps one timer."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs

from lwm2m_server.coap.endpoint import Incoming
from lwm2m_server.coap.errors import TimedOut
from lwm2m_server.coap.message import Message
from lwm2m_server.protocol.errors import InvalidRequest, UnknownRegistration
from lwm2m_server.protocol.identity import NOSEC, Identity
from lwm2m_server.service.ports import Unreachable
from lwm2m_server.transport.driver import Driver
from lwm2m_server.transport.handler import Handler, Pending

from .asking import ask
from .fake_endpoint import FakeEndpoint
from .waiting import until


@dataclass(eq=False)
class Peer:
    address: str = "coap://192.0.2.1:5683"
    identity: Identity = NOSEC
    got: list[bytes] = field(default_factory=list)

    def send(self, datagram: bytes) -> None:
        self.got.append(datagram)


def answering(code: int) -> Handler:
    return lambda _incoming: Message(code)


def driving(**routes: Handler) -> tuple[Driver, Any]:
    driver = Driver(routes, answering(0x84), endpoint=FakeEndpoint)  # type: ignore[arg-type]
    return driver, driver.endpoint


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def turn_once() -> None:
    await asyncio.sleep(0)


async def test_the_first_segment_chooses_the_handler() -> None:
    driver, _ = driving(rd=answering(0x41), p=answering(0x45))
    peer = Peer()
    driver.received([(peer, path) for path in (b"rd", b"p/token", b"rd/1", b"other", b"")])
    assert peer.got == [b"65 rd", b"69 p/token", b"65 rd/1", b"132 other", b"132"]


async def test_answers_that_wait_for_one_future_go_out_together() -> None:
    durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    driver, _ = driving(rd=lambda _: Pending(durable, Message(0x41)))
    peers = [Peer() for _ in range(100)]
    driver.received([(peer, b"rd") for peer in peers])
    await turn()
    assert not any(peer.got for peer in peers)
    durable.set_result(None)
    await turn()
    assert [peer.got for peer in peers] == [[b"65 rd"]] * 100


async def test_a_future_may_yield_the_answer_and_may_be_done_already() -> None:
    durable: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    durable.set_result(Message(0x45))
    driver, _ = driving(rd=lambda _: Pending(durable))
    peer = Peer()
    driver.received([(peer, b"rd")])
    await turn()
    assert peer.got == [b"69 rd"]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (InvalidRequest("no ep"), b"128 rd no ep"),
        (UnknownRegistration("none"), b"132 rd none"),
        (OSError("disk full"), b"160 rd the server failed; its log says why"),
    ],
)
async def test_what_is_raised_is_answered(fault: Exception, answer: bytes) -> None:
    async def fail() -> None:
        raise fault

    def raising(_incoming: Incoming) -> Message:
        raise fault

    driver, _ = driving(
        rd=raising, later=lambda _: Pending(asyncio.ensure_future(fail()), Message(0x41))
    )
    peer = Peer()
    with capture_logs():
        driver.received([(peer, b"rd"), (peer, b"later")])
        await turn()
    assert peer.got == [answer, answer.replace(b" rd ", b" later ")]


async def test_a_response_that_no_message_holds_is_5_00_and_costs_the_others_nothing() -> None:
    durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    durable.set_result(None)
    driver, endpoint = driving(
        now=answering(0x45),
        bad=lambda _: Pending(durable, Message(0x45)),
        good=lambda _: Pending(durable, Message(0x41)),
    )
    endpoint.impossible = {0x45}
    peers = [Peer(), Peer(), Peer()]
    with capture_logs() as logs:
        driver.received(zip(peers, (b"now", b"bad", b"good"), strict=True))
        await turn()
    said = b"160 %s the server failed; its log says why"
    assert [peer.got for peer in peers] == [[said % b"now"], [said % b"bad"], [b"65 good"]]
    assert len(logs) == 1


async def test_what_is_cancelled_is_answered() -> None:
    durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    driver, _ = driving(rd=lambda _: Pending(durable, Message(0x41)))
    peer = Peer()
    driver.received([(peer, b"rd")])
    durable.cancel()
    with capture_logs():
        await turn()
    assert peer.got == [b"160 rd the server failed; its log says why"]


async def test_a_fault_of_ours_is_logged_once_and_then_counted() -> None:
    def raising(_incoming: Incoming) -> Message:
        raise KeyError("ours")

    driver, _ = driving(rd=raising)
    peer = Peer()
    with capture_logs() as logs:
        driver.received([(peer, b"rd")] * 1000)
    assert len(peer.got) == 1000
    assert [entry["event"] for entry in logs] == ["a request failed"]


async def test_a_datagram_that_breaks_the_core_costs_the_others_nothing() -> None:
    driver, _ = driving(rd=answering(0x41))
    peer = Peer()
    with capture_logs() as logs:
        driver.received([(peer, b"\xff"), (peer, b"rd")])
    assert peer.got == [b"65 rd"]
    assert len(logs) == 1


async def test_what_a_handler_sends_goes_with_the_answers() -> None:
    peer = Peer()

    def asking(_incoming: Incoming) -> Message:
        driver.endpoint.request(peer, Message(1), lambda _outcome: None, driver.now(), token=b"tok")
        driver.flush()
        assert peer.got == []
        return Message(0x41)

    driver, _ = driving(rd=asking)
    driver.received([(peer, b"rd")])
    assert peer.got == [b"request tok", b"65 rd"]


async def test_there_is_one_timer_for_what_is_due_first() -> None:
    driver, endpoint = driving()
    now = driver.now()
    endpoint.due = [now + 3600, now + 0.01]
    driver.flush()
    armed = driver._timer
    assert armed is not None
    assert armed.when() == now + 0.01
    endpoint.due.append(now + 7200)
    driver.flush()
    assert driver._timer is armed
    endpoint.due.append(now)
    driver.flush()
    assert armed.cancelled()
    await until(lambda: len(endpoint.due) == 2)
    assert driver._timer is not None
    assert driver._timer.when() == now + 3600
    driver.close()


async def test_what_came_while_the_loop_was_held_up_is_taken_before_time_is_up() -> None:
    driver, endpoint = driving()
    endpoint.due = [driver.now() - 30]
    peer = Peer()
    for _ in range(20):
        driver.received([(peer, b"")])
        await turn_once()
    assert endpoint.ticks == []
    await until(lambda: endpoint.ticks)


async def test_a_server_that_is_never_idle_does_not_wait_with_what_is_late() -> None:
    driver, endpoint = driving()
    clock = [driver.now()]
    driver.now = lambda: clock[0]
    endpoint.due = [clock[0] - 30]
    for _ in range(40):
        clock[0] += 0.05
        driver.received([(Peer(), b"")])
        await turn_once()
    assert len(endpoint.ticks) == 1


async def test_a_tick_that_fails_does_not_stop_the_timer() -> None:
    driver, endpoint = driving()
    tick = endpoint.tick

    def failing(now: float) -> None:
        endpoint.tick = tick
        raise KeyError(now)

    endpoint.tick = failing
    endpoint.due = [driver.now()]
    with capture_logs() as logs:
        driver.flush()
        await until(lambda: not endpoint.due)
    assert len(logs) == 1


async def test_an_exchange_returns_the_response_or_says_why_there_is_none() -> None:
    driver, endpoint = driving()
    peer = Peer()
    answered = asyncio.create_task(ask(driver, peer, Message(1)))
    silent = asyncio.create_task(ask(driver, peer, Message(1)))
    given_up = asyncio.create_task(ask(driver, peer, Message(1)))
    await turn()
    endpoint.requests[0](Message(0x45))
    endpoint.requests[1](TimedOut("no answer"))
    given_up.cancel()
    await turn()
    assert (await answered).code == 0x45
    with pytest.raises(Unreachable, match="no answer"):
        await silent
    assert endpoint.cancelled == [endpoint.requests[2]]
    endpoint.requests[2](Message(0x45))


async def test_an_icmp_error_is_a_hint() -> None:
    driver, endpoint = driving()
    peer = Peer()
    driver.unreachable(peer, "Connection refused")
    assert endpoint.hints == [(peer, "Connection refused")]


async def test_addresses_are_proven_by_a_handshake_alone() -> None:
    _, endpoint = driving()
    assert not endpoint.proven(Peer())
    assert endpoint.proven(Peer(identity=Identity(NOSEC.mode.PSK, "dev")))


async def test_after_close_nothing_is_sent() -> None:
    durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    driver, endpoint = driving(rd=lambda _: Pending(durable, Message(0x41)))
    peer = Peer()
    driver.received([(peer, b"rd")])
    endpoint.due = [driver.now() + 3600]
    driver.close()
    durable.set_result(None)
    driver.flush()
    await turn()
    assert peer.got == []
    assert driver._timer is None
