"""`/rd` answers by the standard's codes, and takes from a request what registers."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from lwm2m_server.coap.endpoint import Incoming
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code
from lwm2m_server.protocol.errors import UnknownRegistration
from lwm2m_server.protocol.identity import NOSEC, Identity, SecurityMode
from lwm2m_server.protocol.registration import RegisterRequest, UpdateRequest
from lwm2m_server.service.registration import Accepted
from lwm2m_server.transport.handler import Pending
from lwm2m_server.transport.rd import RegistrationDirectory

PSK = Identity(SecurityMode.PSK, "dev")


@dataclass(eq=False)
class Peer:
    address: str = "coap://192.0.2.1:5683"
    identity: Identity = PSK

    def send(self, datagram: bytes) -> None:
        raise AssertionError("a handler sends nothing")


@dataclass
class Service:
    """What a `RegistrationService` is to the transport."""

    durable: Any
    told: list[Any] = field(default_factory=list)

    def register(self, request: RegisterRequest) -> Accepted:
        self.told.append(request)
        return Accepted("r1", self.durable)

    def update(self, request: UpdateRequest) -> Any:
        self.told.append(request)
        if request.registration_id != "r1":
            raise UnknownRegistration("no such registration")
        return self.durable if request.payload else None

    def deregister(self, registration_id: str, identity: Identity = NOSEC) -> Any:
        self.told.append((registration_id, identity))
        return self.durable


@pytest.fixture
async def service() -> Service:
    return Service(asyncio.get_running_loop().create_future())


def ask(
    service: Service, code: int, *path: str, payload: bytes = b"", **options: Any
) -> Message | Pending:
    handler = RegistrationDirectory(service)  # type: ignore[arg-type]
    message = Message(code, Options(uri_path=path, **options), payload)
    return handler(Incoming(Peer(), message, 100))


async def test_a_register_is_answered_with_its_location_once_it_is_durable(
    service: Service,
) -> None:
    query = ("ep=dev", "lt=300")
    links = memoryview(b"</1/0>")
    answer = ask(service, Code.POST, "rd", payload=links, uri_query=query, content_format=40)  # type: ignore[arg-type]
    assert isinstance(answer, Pending)
    assert answer.until is service.durable
    assert answer.response == Message(Code.CREATED, Options(location_path=("rd", "r1")))
    assert service.told == [RegisterRequest(Peer.address, ("ep=dev", "lt=300"), b"</1/0>", PSK)]


async def test_an_update_waits_only_for_what_has_to_be_durable(service: Service) -> None:
    assert ask(service, Code.POST, "rd", "r1", uri_query=("lt=60",)) == Message(Code.CHANGED)
    changed = ask(service, Code.POST, "rd", "r1", payload=b"</1/0>")
    assert changed == Pending(service.durable, Message(Code.CHANGED))
    assert service.told == [
        UpdateRequest("r1", Peer.address, ("lt=60",), b"", PSK),
        UpdateRequest("r1", Peer.address, (), b"</1/0>", PSK),
    ]


async def test_a_de_register_is_by_whom_the_peer_has_proven_to_be(service: Service) -> None:
    answer = ask(service, Code.DELETE, "rd", "r1")
    assert answer == Pending(service.durable, Message(Code.DELETED))
    assert service.told == [("r1", PSK)]


async def test_what_the_service_refuses_is_raised(service: Service) -> None:
    with pytest.raises(UnknownRegistration):
        ask(service, Code.POST, "rd", "r2")


@pytest.mark.parametrize(
    ("code", "path", "answer"),
    [
        (Code.GET, ("rd",), Code.METHOD_NOT_ALLOWED),
        (Code.PUT, ("rd",), Code.METHOD_NOT_ALLOWED),
        (Code.DELETE, ("rd",), Code.METHOD_NOT_ALLOWED),
        (Code.GET, ("rd", "r1"), Code.METHOD_NOT_ALLOWED),
        (Code.FETCH, ("rd", "r1"), Code.METHOD_NOT_ALLOWED),
        (Code.POST, ("rd", "r1", "x"), Code.NOT_FOUND),
        (Code.GET, ("rd", "r1", "x"), Code.NOT_FOUND),
    ],
)
async def test_what_is_not_of_the_interface_is_refused(
    service: Service, code: int, path: tuple[str, ...], answer: int
) -> None:
    response = ask(service, code, *path)
    assert isinstance(response, Message)
    assert response.code == answer
    assert response.payload
    assert service.told == []


@pytest.mark.parametrize("content_format", [0, 50, 112])
async def test_a_register_in_another_format_is_refused(
    service: Service, content_format: int
) -> None:
    response = ask(service, Code.POST, "rd", payload=b"x", content_format=content_format)
    assert isinstance(response, Message)
    assert response.code == Code.UNSUPPORTED_CONTENT_FORMAT
    assert service.told == []
