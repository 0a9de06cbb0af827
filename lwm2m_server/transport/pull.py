"""Images for devices that fetch them: `/p/TOKEN`, by Block2 (RFC 7959).

Each block is cut from the immutable image when it is asked for, so a device may
resume at any block, after any pause and after a restart of the server.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

from ..coap.block import Block
from ..coap.endpoint import Incoming, Remote
from ..coap.message import Message
from ..coap.numbers import Code
from ..coap.options import NONE, Options
from ..service.ports import Package, PullSource
from .errors import error_response

SILENCE: Final = 5.0
"""Seconds without a request after which another address may go on with a transfer."""

_TELL_EVERY: Final = 1.0
_OPAQUE: Final = 42
_A_DAY: Final = 86400
_FIRST: Final = Block(0, more=False)
_COMMON: Final = NONE.but(content_format=_OPAQUE, max_age=_A_DAY)


@dataclass(slots=True)
class _Transfer:
    """Who is served under a token, and when that was last heard of and told."""

    remote: Remote
    heard: float
    told: float


class PackageHandler:
    """Serves what `source` knows under the token, which is the second segment of the path.

    Further segments are for the device's eyes only, a file name for example. Whoever knows
    the token was sent it, so its address is proven. One address at a time is served under
    a token: another one gets 5.03 until the first has all of it or was silent for `SILENCE`,
    by which a device goes on behind a new address and a second copy of it does not.
    Progress is told at the beginning, at the end and once a second. `now` is a steady clock.
    """

    def __init__(self, source: PullSource, now: Callable[[], float]) -> None:
        self._source = source
        self._now = now
        self._transfers: OrderedDict[str, _Transfer] = OrderedDict()

    def __call__(self, incoming: Incoming) -> Message:
        """Answer one block, with ETag and Size2 on each."""
        request = incoming.message
        options = request.options
        path = options.uri_path
        token = path[1] if len(path) > 1 else ""
        package = self._source.package(token)
        if package is None:
            return error_response(Code.NOT_FOUND, "no such package, or no longer")
        incoming.proven = True
        if request.code != Code.GET:
            return error_response(Code.METHOD_NOT_ALLOWED, "packages are fetched, by GET")
        asked = options.block2
        if package.etag in options.etags and (asked is None or asked.number == 0):
            return Message(Code.VALID, Options(etags=(package.etag,), max_age=_A_DAY))
        return self._served(token, package, asked, incoming.remote)

    def _served(self, token: str, package: Package, asked: Block | None, remote: Remote) -> Message:
        """Return the block, unless it is another address's turn or there is no such block."""
        block = _within(asked or _FIRST, len(package.data))
        if block is None:
            return error_response(
                Code.BAD_REQUEST,
                f"block {(asked or _FIRST).number} is beyond the end of {len(package.data)} bytes",
            )
        now = self._now()
        transfer = self._transfers.get(token)
        if transfer is None or transfer.remote != remote:
            if transfer is not None and (left := transfer.heard + SILENCE - now) > 0:
                return Message(Code.SERVICE_UNAVAILABLE, Options(max_age=ceil(left)))
            transfer = self._begin(token, remote, now)
        transfer.heard = now
        self._transfers.move_to_end(token)
        self._tell(token, transfer, min(block.start + block.size, len(package.data)), package)
        return _piece(package, block, asked)

    def _begin(self, token: str, remote: Remote, now: float) -> _Transfer:
        """Serve `remote` from now on, and forget all transfers that came to a halt."""
        while self._transfers:
            oldest, halted = next(iter(self._transfers.items()))
            if now - halted.heard < SILENCE:
                break
            del self._transfers[oldest]
        transfer = self._transfers[token] = _Transfer(remote, now, now - _TELL_EVERY)
        return transfer

    def _tell(self, token: str, transfer: _Transfer, done: int, package: Package) -> None:
        total = len(package.data)
        if done == total:
            del self._transfers[token]
        elif transfer.heard - transfer.told < _TELL_EVERY:
            return
        transfer.told = transfer.heard
        self._source.pulled(token, done, total)


def _within(asked: Block, size: int) -> Block | None:
    """Return the block as it is in a body of `size` bytes, None where it begins beyond."""
    if asked.number and asked.start >= size:
        return None
    return Block(asked.number, asked.start + asked.size < size, asked.exponent)


def _piece(package: Package, block: Block, asked: Block | None) -> Message:
    start = block.start
    options = _COMMON.but(
        etags=(package.etag,),
        size2=len(package.data),  # RFC 7959 §4; always, since Zephyr waits for it
        block2=block if asked is not None or block.more else None,
    )
    return Message(Code.CONTENT, options, package.data[start : start + block.size])
