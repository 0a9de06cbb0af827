"""The message layer joined in memory with devices that do as they are told, under a told clock."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from lwm2m_server.coap.endpoint import Endpoint
from lwm2m_server.coap.message import Message, Options, decode, encode
from lwm2m_server.coap.numbers import Code, Type, is_request
from lwm2m_server.protocol.identity import NOSEC, Identity
from lwm2m_server.protocol.registration import Registration
from lwm2m_server.transport.driver import alike
from lwm2m_server.transport.exchanges import Carrier, Carriers, found_by_address

Answer = Callable[[Message], Message | None]


@dataclass(frozen=True)
class At:
    """A peer, known by its address alone."""

    address: str
    identity: Identity = NOSEC

    def send(self, datagram: bytes) -> None:
        raise NotImplementedError


@dataclass(eq=False)
class Device:
    """Answers requests in the ACK; `None` is silence."""

    line: "Line"
    at: At
    answer: Answer
    requests: list[Message] = field(default_factory=list)
    answers: list[Message] = field(default_factory=list)
    last_id: int = 0

    def take(self, datagram: bytes) -> None:
        message = decode(datagram)
        if not is_request(message.code):
            self.answers.append(message)
            return
        self.requests.append(message)
        response = self.answer(message)
        if response is not None:
            self._send(Type.ACK, message.id, message.token, response)

    def notify(self, token: bytes, payload: bytes, **options: object) -> None:
        """Send a notification; what it is answered with is in `answers`."""
        self.last_id += 1
        told = Options(**{"observe": self.last_id, **options})  # type: ignore[arg-type] # by name
        self._send(Type.CON, self.last_id, token, Message(Code.CONTENT, told, payload))
        self.line.flush()

    def send(self, code: Code, token: bytes) -> None:
        """Send a notification that is an error."""
        self.last_id += 1
        self._send(Type.CON, self.last_id, token, Message(code))
        self.line.flush()

    def _send(self, kind: Type, number: int, token: bytes, told: Message) -> None:
        message = Message(told.code, told.options, told.payload, kind, number, token)
        self.line.endpoint.receive(self.at, encode(message), self.line.time)


class Line:
    """Drives an endpoint (see `exchanges.Driving`), whose datagrams reach devices at once.

    Where it is not `trusting`, addresses are claims until something has come back.
    """

    def __init__(self, *, trusting: bool = True) -> None:
        self.time = 1000.0
        self.devices: dict[At, Device] = {}
        self.endpoint = Endpoint(
            lambda _: None, Random(7).randbytes, alike=alike, proven=lambda _: trusting
        )
        self.carriers = Carriers()
        self.carriers.add("coap", Carrier(self, found_by_address(At), 5683))
        self.carriers.open()

    def now(self) -> float:
        return self.time

    def flush(self) -> None:
        while outbox := self.endpoint.outbox:
            self.endpoint.outbox = []
            for remote, datagram in outbox:
                if (device := self.devices.get(remote)) is not None:  # type: ignore[call-overload] # all are `At`
                    device.take(datagram)

    def device(self, host: int, answer: Answer) -> Device:
        """A device at a host of its own."""
        at = At(f"coap://192.0.2.{host}:5683?local=192.0.2.254")
        made = self.devices[at] = Device(self, at, answer)
        return made

    def moved(self, device: Device, host: int) -> None:
        """Let a device go on at another host."""
        self.place(device, At(f"coap://192.0.2.{host}:5683?local=192.0.2.254"))

    def place(self, device: Device, at: At) -> None:
        """Let a device be here, and nowhere else."""
        self.devices.pop(device.at, None)
        device.at = at
        self.devices[at] = device

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, and what is due happen."""
        until = self.time + seconds
        while (due := self.endpoint.next_due()) is not None and due <= until:
            self.time = max(self.time, due)
            self.endpoint.tick(self.time)
            self.flush()
            await turn()
        self.time = until
        await turn()


async def turn() -> None:
    """Let tasks go on that something has come for."""
    for _ in range(5):
        await asyncio.sleep(0)


def registered(device: Device, ident: str = "r1", at: float = 0.0, **told: object) -> Registration:
    """The registration of a device, where it is now."""
    fields = {"endpoint": "dev", "updated_at": at, "registered_at": 0.0, **told}
    return Registration(  # type: ignore[arg-type] # by name
        id=ident,
        address=device.at.address,
        lifetime=60,
        lwm2m_version="1.1",
        binding="U",
        queue_mode=False,
        objects=(),
        expires_at=60.0,
        **fields,
    )
