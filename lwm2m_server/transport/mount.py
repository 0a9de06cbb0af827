"""Our handlers below an aiocoap Context, for what comes over TCP, TLS and OSCORE."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import aiocoap
from aiocoap import interfaces
from aiocoap.pipe import Pipe

from ..coap.assembly import Assemblies
from ..coap.block import Block
from ..coap.cut import cut
from ..coap.endpoint import Incoming
from ..coap.errors import Malformed
from ..coap.limits import LIMITS, Limits
from ..coap.message import Message, Options
from ..coap.numbers import Code
from .errors import error_response, refusal
from .faults import FaultLog
from .handler import Handler, Pending, Sender
from .translation import from_aiocoap, to_aiocoap

_SOON: Final = 1

SenderOf = Callable[[Any], Sender | None]
"""Returns who sent a request, by aiocoap's remote; None where our handlers are not for them."""


class Mount(interfaces.Resource):  # type: ignore[misc] # aiocoap ships no types
    """The root of a Context: our routes first, then what applications have mounted.

    Bodies in blocks are put together and answers cut by the same means as below our own
    message layer. `site` may be set later; without one the rest is 4.04.
    """

    def __init__(
        self,
        routes: Mapping[str, Handler],
        sender_of: SenderOf,
        now: Callable[[], float],
        limits: Limits = LIMITS,
    ) -> None:
        super().__init__()
        self.site: interfaces.Resource | None = None
        self._routes = dict(routes)
        self.sender_of = sender_of
        self._now = now
        self._limits = limits
        self._assemblies = Assemblies(limits)
        self._faults = FaultLog(now)
        self._pending: dict[Sender, int] = {}

    async def render(self, request: aiocoap.Message) -> aiocoap.Message:
        """Not used: requests come by `render_to_pipe`."""
        raise NotImplementedError

    async def needs_blockwise_assembly(self, request: aiocoap.Message) -> bool:
        """Not used: requests come by `render_to_pipe`."""
        raise NotImplementedError

    async def render_to_pipe(self, pipe: Pipe) -> None:
        """Answer a request by our handler for its path, else by the site."""
        told = pipe.request
        path = told.opt.uri_path
        handler = self._routes.get(path[0]) if path else None
        sender = self.sender_of(told.remote)
        if told.opt.oscore is not None:  # nobody has opened it
            answer = error_response(Code.BAD_OPTION, "option 9 is not understood")
        elif handler is not None and sender is not None:
            answer = await self._answer(handler, sender, told)
        elif self.site is not None:
            await self.site.render_to_pipe(pipe)
            return
        else:
            answer = error_response(Code.NOT_FOUND, "nothing is served here")
        translated = to_aiocoap(answer, incoming=False)
        if translated.opt.block1 is not None:
            # RFC 7959 §2.3: the block that is confirmed is the one of the request; of BERT, too.
            translated.opt.block1 = told.opt.block1
        pipe.add_response(translated, is_last=True)

    async def _answer(self, handler: Handler, sender: Sender, told: aiocoap.Message) -> Message:
        """Return the answer, or the piece of it that was asked for. Never raises."""
        pending = self._pending.get(sender, 0)
        if pending >= self._limits.pending:
            return Message(Code.SERVICE_UNAVAILABLE, Options(max_age=_SOON))
        self._pending[sender] = pending + 1
        try:
            request, whole = self._assembled(sender, from_aiocoap(told))
            if not whole:
                return request
            answer = await self._served(handler, sender, request)
            self._assemblies.answered(sender, request, answer)
            return cut(request, answer)
        except Malformed as fault:
            return error_response(fault.code or Code.BAD_REQUEST, str(fault))
        finally:
            self._pending[sender] -= 1
            if not self._pending[sender]:
                del self._pending[sender]

    def _assembled(self, sender: Sender, request: Message) -> tuple[Message, bool]:
        """Return what `Assemblies.take` makes of a request, which may carry several blocks."""
        for block in blocks_of(request):
            taken, whole = self._assemblies.take(sender, block, self._now())
            if whole or taken.code != Code.CONTINUE:
                break
        return taken, whole

    async def _served(self, handler: Handler, sender: Sender, request: Message) -> Message:
        try:
            # Reliable transports and OSCORE prove the address before there is a request.
            answer = handler(Incoming(sender, request, len(request.payload), proven=True))
            if isinstance(answer, Pending):
                # Shared by many: a peer that hangs up must not cancel it for the others.
                result = await asyncio.shield(answer.until)
                return answer.response or result
        except Exception as fault:  # noqa: BLE001 - whatever it is, the peer gets an answer
            response = refusal(fault)
            if response.code >> 5 == 5:
                self._faults.note("a request failed", fault)
            return response
        return answer


def blocks_of(request: Message) -> Iterator[Message]:
    """Yield a request block by block, where it carries several (BERT, RFC 8323 §6)."""
    block, payload = request.options.block1, request.payload
    if block is None or len(payload) <= block.size:
        yield request
        return
    for at in range(0, len(payload), block.size):
        end = at + block.size
        more = block.more or end < len(payload)
        piece = Block(block.number + at // block.size, more, block.exponent)
        yield Message(request.code, request.options.but(block1=piece), payload[at:end])
