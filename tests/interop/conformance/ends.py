"""What two CoAP endpoints say to each other, in words that are neither's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, Protocol

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"

Text = tuple[str, ...]
Opaque = tuple[bytes, ...]


@dataclass(frozen=True)
class Request:
    """What a client asks; absent options have their defaults.

    The last four are how it asks: `as_body` as one that is cut into blocks where ours may choose,
    `exponent` for an answer in blocks of 2^(4 + exponent) bytes.
    """

    code: int
    uri_path: Text = ()
    uri_query: Text = ()
    payload: bytes = b""
    content_format: int | None = None
    accept: int | None = None
    etags: Opaque = ()
    if_match: Opaque = ()
    if_none_match: bool = False
    uri_host: str | None = None
    uri_port: int | None = None
    max_age: int | None = None
    size1: int | None = None
    size2: int | None = None
    echo: bytes | None = None
    no_response: int | None = None
    request_tags: Opaque = ()
    confirmable: bool = field(default=True, compare=False)
    token: bytes | None = field(default=None, compare=False)
    as_body: bool = field(default=False, compare=False)
    exponent: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Answer:
    """What a server answers."""

    code: int
    payload: bytes = b""
    content_format: int | None = None
    max_age: int | None = None
    etags: Opaque = ()
    location_path: Text = ()
    location_query: Text = ()
    size2: int | None = None
    echo: bytes | None = None


_NO_OPTIONS = {"code", "payload"}


def option_names(kind: type[Request | Answer]) -> tuple[str, ...]:
    """Return what options are called here."""
    return tuple(
        each.name for each in fields(kind) if each.compare and each.name not in _NO_OPTIONS
    )


def options_of(said: Request | Answer) -> dict[str, Any]:
    """Return the options of what is said; absent ones have their defaults."""
    return {name: getattr(said, name) for name in option_names(type(said))}


class At(NamedTuple):
    """Where somebody is."""

    host: str
    port: int

    @property
    def authority(self) -> str:
        """As in a URI (RFC 3986 §3.2)."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


Serve = Callable[[Request], Awaitable[Answer]]


class Client(Protocol):
    """The client's half of an endpoint under test; raises `Failed` where no answer comes."""

    async def ask(self, to: At, request: Request) -> Answer:
        """Send a request, in blocks where it is large, and return the whole answer."""
        ...

    def observe(
        self, to: At, request: Request
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Observe until the block ends, which cancels."""
        ...


class End(Client, Protocol):
    """Both halves. Timers are short: an ACK is awaited for `ACK_TIMEOUT` at first."""

    @property
    def at(self) -> At:
        """Where it serves."""
        ...


ACK_TIMEOUT = 0.2
SEPARATE_AFTER = 0.05

Opened = Callable[[Serve, str], AbstractAsyncContextManager[End]]


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
