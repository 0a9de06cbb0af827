"""Keeps a client registered: sends what `registration` asks for, when it asks for it."""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from objects.codecs import ContentFormat
from objects.link_format import RegisterPayload

from ..events import DeviceEventKind, Emit
from .registration import Input, Phase, Registration, Send
from .tree import View

_FORMATS = (
    ContentFormat.SENML_CBOR,
    ContentFormat.SENML_JSON,
    ContentFormat.CBOR,
    ContentFormat.TLV,
    ContentFormat.JSON,
    ContentFormat.OPAQUE,
    ContentFormat.TEXT,
)
_VERSIONS = ((5, "1.1"),)
_NOT_FOUND = 0x84


@dataclass(frozen=True, slots=True)
class Uplink:
    """One request of the registration interface; `path` below the server's URI."""

    send: Send
    path: tuple[str, ...]
    query: tuple[str, ...] = ()
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class UplinkAnswer:
    """What the server answered: a CoAP code and, to a Register, the Location-Path."""

    code: int
    location: tuple[str, ...] = ()


Transmit = Callable[[Uplink], Awaitable[UplinkAnswer | None]]


class Registrar:
    """Registers, updates and de-registers; `transmit` gives None where no answer came."""

    def __init__(self, view: Callable[[], View], transmit: Transmit, emit: Emit) -> None:
        self.registration = Registration(lifetime=view().lifetime)
        self._view = view
        self._transmit = transmit
        self._emit = emit
        self._awake = asyncio.Event()
        self._told = self._payload()

    @property
    def registered(self) -> bool:
        """Whether the server knows this client, as far as the client can tell."""
        return self.registration.phase is Phase.REGISTERED

    def changed(self) -> None:
        """Send an Update soon: lifetime or objects changed, or the server asked for one."""
        self._step(Input.CHANGED, lifetime=self._view().lifetime)

    def leave(self) -> None:
        """De-register, where registered, and end `run`."""
        self._step(Input.LEAVE)

    async def run(self) -> None:
        """Keep the client registered until it has left."""
        while (send := self.registration.next_request) is not None:
            self._awake.clear()
            due = self.registration.due_at
            if due is not None and (wait := due - time.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), wait)
                continue
            await self._exchange(send)

    async def _exchange(self, send: Send) -> None:
        request = self._request(send)
        answer = await self._transmit(request)
        accepted = answer is not None and answer.code >> 5 == 2
        if send is not self.registration.next_request:
            # The client wants something else by now; only a registration that now
            # is has to be undone.
            if answer is not None and accepted and send is Send.REGISTER:
                self._step(Input.ACCEPTED, location=answer.location)
            return
        if answer is None:
            self._step(Input.UNREACHABLE)
            self._emit(DeviceEventKind.UNREACHABLE, request=send.name.lower())
        elif accepted:
            self._accepted(send, request, answer)
        else:
            self._step(Input.UNKNOWN if answer.code == _NOT_FOUND else Input.REFUSED)
            code = f"{answer.code >> 5}.{answer.code & 31:02}"
            self._emit(DeviceEventKind.UNREACHABLE, request=send.name.lower(), code=code)

    def _accepted(self, send: Send, request: Uplink, answer: UplinkAnswer) -> None:
        location = answer.location if send is Send.REGISTER else None
        self._step(Input.ACCEPTED, location=location)
        if request.payload:
            self._told = request.payload
        self._emit(_EVENTS[send], location="/".join(self.registration.location))
        if send is not Send.DEREGISTER and self._lifetime not in request.query:
            self.changed()  # it was written while this request was under way

    def _request(self, send: Send) -> Uplink:
        view, payload = self._view(), self._payload()
        location, lifetime = self.registration.location, self._lifetime
        match send:
            case Send.REGISTER:
                # OMA LwM2M Core 1.1 §6.2.1.2; binding U is the default and still told.
                query = (f"ep={view.endpoint}", lifetime, "lwm2m=1.1", "b=U")
                queue_mode = ("Q",) if view.queue_mode else ()
                return Uplink(send, ("rd",), query + queue_mode, payload)
            case Send.UPDATE:
                told = payload if payload != self._told else b""
                return Uplink(send, location, (lifetime,), told)
            case Send.DEREGISTER:
                return Uplink(send, location)

    @property
    def _lifetime(self) -> str:
        return f"lt={self.registration.lifetime}"

    def _payload(self) -> bytes:
        view = self._view()
        return RegisterPayload(view.instances, "/", _FORMATS, _VERSIONS).write()

    def _step(
        self,
        what: Input,
        *,
        location: tuple[str, ...] | None = None,
        lifetime: int | None = None,
    ) -> None:
        self.registration = self.registration.step(
            what, time.monotonic(), random.random(), location=location, lifetime=lifetime
        )
        self._awake.set()


_EVENTS = {
    Send.REGISTER: DeviceEventKind.REGISTERED,
    Send.UPDATE: DeviceEventKind.UPDATED,
    Send.DEREGISTER: DeviceEventKind.DEREGISTERED,
}
