"""A device that starts anew and, by chance or by design, says what it said before.

Its port, message id, token and bytes are those of the last time, within EXCHANGE_LIFETIME:
to RFC 7252 §4.5 that is a retransmission. See `RegistrationDirectory.stands`.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from itertools import count

import pytest

from lwm2m_server.coap.message import Message, Options, decode, encode
from lwm2m_server.coap.numbers import Code
from lwm2m_server.coap.tuning import TUNING
from lwm2m_server.protocol.events import EventKind
from lwm2m_server.protocol.identity import NOSEC, Identity
from lwm2m_server.protocol.registration import Registration
from lwm2m_server.protocol.security_store import SecurityStore
from lwm2m_server.service.registration import RegistrationService
from lwm2m_server.transport.driver import Driver
from lwm2m_server.transport.errors import error_response
from lwm2m_server.transport.rd import RegistrationDirectory
from tests.lwm2m_server.service.memory import Memory
from tests.lwm2m_server.service.world import FakeClock, settle

QUERY = ("ep=dev", "lt=300", "lwm2m=1.1", "b=U")
REGISTER = Message(
    Code.POST, Options(uri_path=("rd",), uri_query=QUERY, content_format=40), b"</3/0>", 0, 1, b"t"
)


@dataclass(eq=False)
class Device:
    address: str = "coap://192.0.2.1:5683"
    identity: Identity = NOSEC
    got: list[bytes] = field(default_factory=list)

    def send(self, datagram: bytes) -> None:
        self.got.append(datagram)


@dataclass
class Events:
    """What the service tells."""

    kinds: list[EventKind] = field(default_factory=list)

    def emit(self, kind: EventKind, *_: object) -> None:
        self.kinds.append(kind)

    def emit_all(self, _: float, happened: Iterable[tuple[EventKind, object, object]]) -> None:
        self.kinds += [kind for kind, _, _ in happened]


class Scene:
    """A device before a driver, the registration interface and its service."""

    def __init__(self) -> None:
        self.events, self.clock, ids = Events(), FakeClock(), count(1)
        self.service = RegistrationService(
            Memory().registrations,
            self.events,
            self.clock,
            lambda: f"r{next(ids)}",
            admission=SecurityStore(allow_nosec=True),
        )
        directory = RegistrationDirectory(self.service)
        nothing = error_response(Code.NOT_FOUND, "nothing there")
        self.driver = Driver({"rd": directory}, lambda _: nothing, stands=directory.stands)
        self.device = Device()

    async def says(self, message: Message) -> Message:
        self.device.got.clear()
        self.driver.received([(self.device, encode(message))])
        await settle()
        (answer,) = self.device.got
        return decode(answer)

    async def registers(self) -> str:
        """Register with the bytes of always; return under which id."""
        answer = await self.says(REGISTER)
        assert answer.code == Code.CREATED
        return answer.options.location_path[1]

    @property
    def registration(self) -> Registration:
        found = self.service.by_endpoint("dev")
        assert found is not None
        return found


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    yield scene
    scene.driver.close()


async def test_a_retransmission_within_its_span_gets_the_answer_again(scene: Scene) -> None:
    assert await scene.registers() == "r1"
    scene.clock.time += TUNING.max_transmit_span - 1
    assert await scene.registers() == "r1"


async def test_an_update_ends_no_retransmission(scene: Scene) -> None:
    """A copy that the network made may come after it, and the device knows one location."""
    await scene.registers()
    update = Message(Code.POST, Options(uri_path=("rd", "r1")), b"", 0, 2, b"u")
    assert (await scene.says(update)).code == Code.CHANGED
    assert await scene.registers() == "r1"


async def test_a_register_after_all_retransmissions_is_a_reboot(scene: Scene) -> None:
    await scene.registers()
    scene.clock.time += TUNING.max_transmit_span + 1
    assert await scene.registers() == "r2"
    assert await scene.registers() == "r2", "its retransmissions are answered as ever"
    assert scene.events.kinds == [EventKind.REGISTERED] * 2, "and the service was told"


@pytest.mark.proves("reboot-message-id")
async def test_a_register_after_an_execute_is_a_reboot(scene: Scene) -> None:
    """What a firmware deployment waits for, however soon it comes."""
    await scene.registers()
    scene.service.executed(scene.registration)
    assert await scene.registers() == "r2"
    assert await scene.registers() == "r2"


async def test_a_register_after_a_deregister_is_a_new_start(scene: Scene) -> None:
    await scene.registers()
    deregister = Message(Code.DELETE, Options(uri_path=("rd", "r1")), b"", 0, 2, b"d")
    assert (await scene.says(deregister)).code == Code.DELETED
    assert await scene.registers() == "r2"


async def test_nothing_is_kept_of_an_execute_when_its_registration_is_gone(scene: Scene) -> None:
    await scene.registers()
    former = scene.registration
    scene.service.executed(former)
    assert await scene.registers() == "r2"
    scene.service.executed(former)
    assert await scene.registers() == "r2"
