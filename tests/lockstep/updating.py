"""Devices with Object 5 (OMA LwM2M Core 1.1, E.6), each as its family has it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from lwm2m_server.protocol.deployment import Delivery, DeploymentRequest, Via
from lwm2m_server.service.views import DeploymentView
from tests.lwm2m_server.coap.datagrams import (
    ACK,
    BLOCK1,
    CHANGED,
    CON,
    CONTENT,
    CONTINUE,
    GET,
    OBSERVE,
    POST,
    PUT,
    URI_PATH,
    Peer,
    Sent,
    datagram,
    taken_apart,
)

from .device import Device
from .server import Server

BAD_REQUEST, NOT_ALLOWED, INCOMPLETE = 0x80, 0x85, 0x88
_TLV = (12, (11542).to_bytes(2, "big"))
_SIZE, _ENDPOINT = 3000, "dev"
IMAGE = bytes(range(256)) * (_SIZE // 256)
REGISTER = """
    > CON POST 0001 a1 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.0 '</1/0>,</3/0>,</5/0>'
    < ACK 2.01 0001 a1 loc=/rd/$at
"""

Answer = tuple[int, tuple[tuple[int, bytes], ...], bytes]
_NOBODY = Peer(0)


def tlv(**resources: int | str) -> bytes:
    """Return resources as TLV (§7.4.3), each named by an `r` and its number."""
    parts = []
    for name, told in resources.items():
        value = told.encode() if isinstance(told, str) else told.to_bytes(1, "big")
        short = len(value) < 8
        head = [0xC0 | len(value)] if short else [0xC8]
        parts += [bytes([*head, int(name[1:])]), b"" if short else bytes([len(value)]), value]
    return b"".join(parts)


@dataclass
class Updating:
    """What happens to it, as `METHOD /path`, is in `log`; subclasses are families.

    `method` is Delivery Method (5/0/9): 0 pull, 1 push, 2 both.
    """

    device: Device
    state: int = 0
    result: int = 0
    version: str = "1.0"
    method: int = 1
    package: bytes = b""
    uri: str = ""
    log: list[str] = field(default_factory=list)
    tokens: list[bytes] = field(default_factory=list)
    watched: bytes = b""
    _next_id: int = 0x4000

    def take(self, data: bytes) -> None:
        """Answer what came, if it is a request."""
        asked = taken_apart(_NOBODY, data)
        if not 0 < asked.code < 32:
            return
        path = "/" + "/".join(value.decode() for at, value in asked.options if at == URI_PATH)
        method = {GET: "GET", POST: "POST", PUT: "PUT"}.get(asked.code, "?")
        self.log.append(f"{method} {path}")
        if asked.option(OBSERVE) == b"" and path == "/5/0/3":
            self.watched = asked.token
        said = self.answer(asked, f"{method} {path}")
        if said is not None:
            code, options, payload = said
            self.device.say(datagram(ACK, code, asked.id, asked.token, options, payload))

    def answer(self, asked: Sent, what: str) -> Answer | None:
        match what:
            case "GET /3/0":
                return CONTENT, (_TLV,), tlv(r0="Maker", r3=self.version)
            case "GET /5/0":
                return CONTENT, (_TLV,), tlv(r3=self.state, r5=self.result, r9=self.method)
            case "GET /5/0/3":
                observe = ((OBSERVE, b"\x01"),) if asked.option(OBSERVE) == b"" else ()
                return CONTENT, (*observe, _TLV), tlv(r3=self.state)
            case "PUT /5/0/0":
                return self.written(asked)
            case "PUT /5/0/1":
                return self.pointed(asked.payload)
            case "POST /5/0/2":
                return self.executed(asked)
            case _:
                return NOT_ALLOWED, (), b""

    def written(self, asked: Sent) -> Answer:
        """Take a block of the package, or the NUL that resets."""
        told = asked.option(BLOCK1)
        if told is None:
            self.state = self.result = 0
            return CHANGED, (), b""
        self.tokens.append(asked.token)
        value = int.from_bytes(told, "big")
        self.package = (b"" if value >> 4 == 0 else self.package) + asked.payload
        self.state = 1
        if value & 8:
            return CONTINUE, ((BLOCK1, told),), b""
        self.state = 2
        return CHANGED, ((BLOCK1, told),), b""

    def pointed(self, uri: bytes) -> Answer:
        """Take a Package URI; an empty one resets."""
        self.uri = uri.decode()
        self.state, self.result = (1, 0) if uri else (0, 0)
        return CHANGED, (), b""

    def executed(self, asked: Sent) -> Answer:
        """Begin the update, where there is something to update with."""
        if self.state != 2 or asked.payload:
            return NOT_ALLOWED, (), b""
        self.state = 3
        return CHANGED, (), b""

    def notify(self, payload: bytes, sequence: int) -> None:
        """Tell of State."""
        self._next_id += 1
        options = ((OBSERVE, bytes([sequence])), _TLV)
        self.device.say(datagram(CON, CONTENT, self._next_id, self.watched, options, payload))

    async def until(self, server: Server, done: Callable[[], bool], seconds: float = 900) -> None:
        """Answer until `done`, and let time pass where nothing comes."""
        ends = server.time.now() + seconds
        while not done():
            if (data := await self.device.poll()) is not None:
                self.take(data)
            else:
                assert server.time.now() < ends, f"not done: {self.log}"
                await server.time.pass_by(0.5)


async def deploying(
    server: Server, one: Updating, delivery: Delivery = Delivery.PUSH, image: bytes = IMAGE
) -> str:
    """Register the device, have it read, and begin to bring it firmware; return under which id."""
    await server.services.catalogue.add_firmware("app", "2.0", image, reports="2.0")
    await one.device.play(REGISTER)
    asked = DeploymentRequest(_ENDPOINT, Via.FIRMWARE, firmware="app@2.0", delivery=delivery)
    return (await server.services.deployments.deploy(asked)).id


async def outcome(server: Server, one: Updating, deployment: str) -> DeploymentView:
    """Answer until a deployment is over, however long that takes; return it."""
    waiting = asyncio.create_task(server.services.deployments.wait(deployment))
    await one.until(server, waiting.done, seconds=100_000)
    return await waiting


async def under_way(server: Server, deployment: str) -> bool:
    """Whether nobody has decided anything yet."""
    return (await server.services.deployments.get(deployment)).outcome is None
