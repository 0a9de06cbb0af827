"""CoAP on the device's socket: requests in, replies and notifications out.

aiocoap's message layer does acknowledgements, retransmission and duplicates.
Its block-wise layer is not used: blocks are put together in `block1`, and long
replies are cut here. A render task may be cancelled at any moment (an ICMP
error, a token used again), so what changes the device runs in a task of its own.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

import aiocoap
from aiocoap.numbers.optionnumbers import OptionNumber
from aiocoap.optiontypes import BlockOption

from objects.errors import InvalidPath
from objects.path import Path

from ..errors import Refused
from . import requests as codes
from .attributes import Pace
from .block1 import Block
from .requests import Method, Reply, Request

_METHODS: Final = {
    aiocoap.GET: Method.GET,
    aiocoap.PUT: Method.PUT,
    aiocoap.POST: Method.POST,
    aiocoap.DELETE: Method.DELETE,
    aiocoap.FETCH: Method.FETCH,
    aiocoap.iPATCH: Method.IPATCH,
}
_OBSERVED: Final = frozenset({Method.GET, Method.FETCH})
_LARGEST_EXPONENT: Final = 6  # blocks of 1024 bytes; 7 is reserved (RFC 7959 §2.2)
# The critical options (RFC 7252 §5.4.1: odd numbers) that this device understands.
_UNDERSTOOD: Final = {
    OptionNumber.URI_HOST,
    OptionNumber.URI_PORT,
    OptionNumber.URI_PATH,
    OptionNumber.URI_QUERY,
    OptionNumber.ACCEPT,
    OptionNumber.BLOCK1,
    OptionNumber.BLOCK2,
}
_FOR_PROXIES: Final = {OptionNumber.PROXY_URI, OptionNumber.PROXY_SCHEME}

Handle = Callable[[Request], Coroutine[Any, Any, Reply | None]]
Spawn = Callable[[Coroutine[Any, Any, Reply | None]], "asyncio.Task[Reply | None]"]


class Reports(Protocol):
    """What notifications are made of."""

    def notification(self, request: Request) -> Reply:
        """Return what is true now of what is observed."""
        ...

    def stamp(self, request: Request) -> int:
        """Return a number that is another when a value counts as new though equal."""
        ...

    def pace(self, request: Request) -> Pace:
        """Return the pace from now on, if a notification goes out now."""
        ...

    def number(self, request: Request) -> float | None:
        """Return the one number that is observed, None where it is none."""
        ...

    def sent(self) -> None:
        """Take note that a notification goes out."""
        ...


class Site:
    """What the context hands requests to.

    `handle` answers a request, with None where the device is no more; `reports`
    makes notifications. `allows` tells whether a peer is the server, `spawn`
    starts a task that the device, not the request, owns. Notifications are
    `confirmable` or not (RFC 7641 §3.5); what is not may get lost.
    """

    def __init__(
        self,
        handle: Handle,
        reports: Reports,
        allows: Callable[[Any], bool],
        spawn: Spawn,
        *,
        confirmable: bool,
    ) -> None:
        self._handle = handle
        self._reports = reports
        self._allows = allows
        self._spawn = spawn
        self._tuning = aiocoap.Reliable() if confirmable else aiocoap.Unreliable()
        self._observers: set[asyncio.Event] = set()

    def changed(self) -> None:
        """Let every observer look whether what it observes has changed."""
        for observer in self._observers:
            observer.set()

    async def render_to_pipe(self, pipe: Any) -> None:
        """Answer the request of one aiocoap pipe."""
        message = pipe.request
        if not self._allows(message.remote):
            pipe.add_response(aiocoap.Message(code=aiocoap.UNAUTHORIZED), is_last=True)
            return
        try:
            request = _request(message)
        except Refused as refusal:
            refused = Reply(refusal.code, str(refusal).encode())
            pipe.add_response(_message(refused, message), is_last=True)
            return
        task = self._spawn(self._handle(request))
        await asyncio.shield(asyncio.wait([task]))
        reply = task.result()
        if reply is None:
            return
        if request.method in _OBSERVED and request.observe == 0 and reply.ok:
            await self._observe(pipe, request, reply)
        else:
            pipe.add_response(_message(reply, message), is_last=True)

    async def _observe(self, pipe: Any, request: Request, first: Reply) -> None:
        """Send the first value and every other one, until nobody is interested (RFC 7641)."""
        number, reports, clock = 0, self._reports, asyncio.get_running_loop().time
        woken = asyncio.Event()
        self._observers.add(woken)
        try:
            seen, pace = (first, reports.stamp(request)), reports.pace(request)
            self._notify(pipe, first, number)
            while seen[0].ok:
                value = (reports.notification(request), reports.stamp(request))
                changed = value != seen
                # What is no more is told at once, whatever its attributes.
                due = pace.due(clock(), reports.number(request), changed=changed)
                if value[0].ok and due != 0:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(woken.wait(), due)
                    woken.clear()
                    continue
                number = (number + 1) & 0xFFFFFF
                seen, pace = value, reports.pace(request)
                self._notify(pipe, value[0], number)
                reports.sent()
        finally:
            self._observers.discard(woken)

    def _notify(self, pipe: Any, reply: Reply, number: int) -> None:
        response = _message(reply, pipe.request)
        response.transport_tuning = self._tuning
        if reply.ok:
            response.opt.observe = number
        pipe.add_response(response, is_last=not reply.ok)


def _request(message: Any) -> Request:
    """Return the request as a value; raises `Refused` for one that this device cannot follow."""
    options = message.opt
    _check_critical(options)
    return Request(
        method=_METHODS.get(message.code, Method.OTHER),
        path=_path(options.uri_path),
        payload=message.payload,
        content_format=_number(options.content_format),
        accept=_number(options.accept),
        observe=options.observe,
        block1=_block(options.block1),
        size1=options.size1,
        query=tuple(options.uri_query),
    )


def _check_critical(options: Any) -> None:
    for option in options.option_list():
        if option.number in _FOR_PROXIES:  # RFC 7252 §5.7.2
            raise Refused(codes.PROXYING_NOT_SUPPORTED, "this device is no proxy")
        if option.number.is_critical() and option.number not in _UNDERSTOOD:
            raise Refused(codes.BAD_OPTION, f"option {int(option.number)} is not understood")


def _path(segments: tuple[str, ...]) -> Path:
    if any("/" in segment for segment in segments):
        raise Refused(codes.NOT_FOUND, "a segment of the path holds a slash")
    try:
        return Path.parse("/".join(segments))
    except InvalidPath as error:
        raise Refused(codes.NOT_FOUND, str(error)) from error


def _number(option: Any) -> int | None:
    return None if option is None else int(option)


def _block(option: Any) -> Block | None:
    if option is None:
        return None
    if option.size_exponent > _LARGEST_EXPONENT:
        raise Refused(codes.BAD_REQUEST, "blocks of size exponent 7 are reserved")
    return Block(option.block_number, bool(option.more), option.size)


def _message(reply: Reply, request: Any) -> Any:
    """Return the reply as CoAP, cut to the block that was asked for (RFC 7959 §2.4)."""
    message = aiocoap.Message(code=aiocoap.Code(reply.code), payload=reply.payload)
    message.opt.content_format = reply.content_format
    message.opt.size1 = reply.size1
    message.opt.location_path = reply.location
    if reply.block1 is not None:
        asked = request.opt.block1
        more = reply.code == codes.CONTINUE
        message.opt.block1 = (asked.block_number, more, asked.size_exponent)
    if reply.ok:  # a diagnostic is short, and its code is not to be covered by another
        _cut(message, reply.payload, request.opt.block2)
    return message


def _cut(message: Any, payload: bytes, asked: Any) -> None:
    exponent = _LARGEST_EXPONENT if asked is None else min(asked.size_exponent, _LARGEST_EXPONENT)
    size = 16 << exponent
    number = 0 if asked is None else asked.block_number
    if asked is None and len(payload) <= size:
        return
    start = number * size
    if start > len(payload) or (start == len(payload) and number):
        message.code, message.payload = aiocoap.BAD_REQUEST, b"there is no such block"
        return
    more = start + size < len(payload)
    message.payload = payload[start : start + size]
    message.opt.block2 = BlockOption.BlockwiseTuple(number, more, exponent)
    message.opt.etag = hashlib.sha256(payload).digest()[:8]
    message.opt.size2 = len(payload)
