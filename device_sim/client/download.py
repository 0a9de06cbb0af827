"""Fetching a package by Block2: asks, waits and asks again, until it is whole or hopeless."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection

from ..coap_uri import authority
from ..errors import TransferFailed, Why
from ..machine import PackageWriter
from .block1 import Block
from .block2 import Answer, Download

#: Asks for one block; None where no response came.
Ask = Callable[[Block], Awaitable[Answer | None]]
Sleep = Callable[[float], Awaitable[None]]

_LONGEST_URI = 255


def check_uri(uri: str, schemes: Collection[str] = ("coap",)) -> None:
    """Raise `TransferFailed` for a package URI that leads nowhere, or where no `schemes` lead."""
    if len(uri) > _LONGEST_URI:
        raise TransferFailed(Why.BAD_URI, f"a URI of {len(uri)} characters")
    try:
        scheme = authority(uri).scheme
    except ValueError as error:
        raise TransferFailed(Why.BAD_URI, f"no URI of a package: {error}") from error
    if scheme not in schemes:
        raise TransferFailed(Why.UNSUPPORTED_PROTOCOL, f"this device has no {scheme}")


async def fetch(
    ask: Ask,
    writer: Callable[[], PackageWriter],
    limit: int,
    *,
    clock: Callable[[], float],
    sleep: Sleep = asyncio.sleep,
    luck: Callable[[], float] = random.random,
) -> bytes:
    """Return the package as the flash holds it; raises `TransferFailed`.

    `writer` begins to write from the first byte again: once, and whenever the
    body turns out to be another one.
    """
    download = Download(limit=limit, progress_at=clock())
    target = writer()
    while not download.complete:
        answer = await ask(download.next_block)
        if answer is None:
            download = download.lost(clock())
        else:
            before = download.received
            download, data = download.take(answer, clock())
            if before and not download.received:
                target = writer()
            target.append(data)
        await sleep(download.pause(luck()))
    return target.content()
