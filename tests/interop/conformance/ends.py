"""What two CoAP endpoints say to each other, in words that are neither's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Request:
    """What a client asks; absent options have their defaults."""

    code: int
    path: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    payload: bytes = b""
    content_format: int | None = None
    accept: int | None = None
    etags: tuple[bytes, ...] = ()
    if_match: tuple[bytes, ...] = ()
    if_none_match: bool = False
    confirmable: bool = field(default=True, compare=False)
    token: bytes | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Answer:
    """What a server answers."""

    code: int
    payload: bytes = b""
    content_format: int | None = None
    max_age: int | None = None
    etag: bytes | None = None
    location_path: tuple[str, ...] = ()
    location_query: tuple[str, ...] = ()


Serve = Callable[[Request], Awaitable[Answer]]


class Client(Protocol):
    """The client's half of an endpoint under test; raises `Failed` where no answer comes."""

    async def ask(self, port: int, request: Request) -> Answer:
        """Send a request, in blocks where it is large, and return the whole answer."""
        ...

    def observe(
        self, port: int, request: Request
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Observe until the block ends, which cancels."""
        ...


class End(Client, Protocol):
    """Both halves. Timers are short: an ACK is awaited for `ACK_TIMEOUT` at first."""

    @property
    def port(self) -> int:
        """Where it serves."""
        ...


ACK_TIMEOUT = 0.2
SEPARATE_AFTER = 0.05

Opened = Callable[[Serve], AbstractAsyncContextManager[End]]


class Failed(Exception):
    """No answer came."""


@dataclass
class Heard:
    """A server's resource: keeps what it is asked, and answers what it is told to."""

    answer: Answer = field(default_factory=lambda: Answer(0x45))
    requests: list[Request] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.ready.set()

    async def __call__(self, request: Request) -> Answer:
        self.requests.append(request)
        await self.ready.wait()
        return replace(self.answer)
