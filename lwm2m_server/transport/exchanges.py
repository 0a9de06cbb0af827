"""Requests to peers and their responses, each bounded in time."""

import asyncio
from typing import Any
from weakref import WeakValueDictionary

from aiocoap import Message
from aiocoap.error import Error
from aiocoap.pipe import Pipe

from ..service.ports import Unreachable
from .address import Peer
from .stack import Stack

_REMEMBERED = 100_000


class Exchanges:
    """Sends requests from the socket that serves registrations, one at a time per peer.

    NSTART is 1 (RFC 7252 §4.7). `timeout` (seconds) bounds every wait for an
    answer: an empty ACK that nothing follows would else be waited for forever.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._opened: asyncio.Future[Stack] = asyncio.get_running_loop().create_future()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._remotes: dict[str, Any] = {}

    def opened(self, stack: Stack) -> None:
        """Let requests out, those that already wait included."""
        self._opened.set_result(stack)

    async def stack(self) -> Stack:
        """Return the stack once the socket is open."""
        return await asyncio.shield(self._opened)

    def remote(self, stack: Stack, address: str) -> Any:
        """Return aiocoap's form of a peer that storage knows as text.

        Raises `Unreachable` for a text that this transport never wrote.
        """
        remote = self._remotes.get(address)
        if remote is None:
            try:
                remote = stack.socket.remote(Peer.parse(address))
            except ValueError as fault:
                raise Unreachable(str(fault)) from fault
            if len(self._remotes) >= _REMEMBERED:
                self._remotes.clear()
            self._remotes[address] = remote
        return remote

    async def exchange(self, address: str, message: Message, token: bytes | None = None) -> Message:
        """Send a request and return its response. Raises `Unreachable`."""
        stack = await self.stack()
        message.remote = self.remote(stack, address)
        turn = self._turns.setdefault(address, asyncio.Lock())
        async with turn:
            return await self._answer(stack, Pipe(message, stack.context.log), token)

    async def begin(self, address: str, pipe: Pipe, token: bytes) -> Message:
        """Send a request whose answers go on coming through `pipe`, and return the first."""
        stack = await self.stack()
        pipe.request.remote = self.remote(stack, address)
        turn = self._turns.setdefault(address, asyncio.Lock())
        async with turn:
            return await self._answer(stack, pipe, token)

    async def _answer(self, stack: Stack, pipe: Pipe, token: bytes | None) -> Message:
        """Wait for the first event of `pipe`; nothing is left behind when nobody waits any more."""
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def on_event(event: Any) -> bool:
            if not answer.done():
                if event.message is not None:
                    answer.set_result(event.message)
                else:
                    answer.set_exception(_unreachable(event.exception))
            return False

        forget = pipe.on_event(on_event)
        try:
            stack.tokens.request_as(pipe, token)
            return await asyncio.wait_for(answer, self.timeout)
        except TimeoutError:
            raise Unreachable(f"no answer within {self.timeout:g} s") from None
        finally:
            forget()


def _unreachable(fault: Any) -> Unreachable:
    """Tell why no answer came, in words."""
    if isinstance(fault, Error):
        return Unreachable(str(fault) or type(fault).__name__)
    return Unreachable("the device reset the exchange or never acknowledged it")
