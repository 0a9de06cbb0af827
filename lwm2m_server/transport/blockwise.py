"""Block-wise transfer towards a device (RFC 7959), block by block.

aiocoap's own has a new token for each block, no retry of a single block and no
restart; devices of this field need all three.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiocoap import Message
from aiocoap.numbers.codes import Code

from ..service.ports import Unreachable

Exchange = Callable[[Message], Awaitable[Message]]
"""Sends one request and returns its response; raises `Unreachable`."""

Progress = Callable[[int, int], None]
"""Takes bytes done and bytes in total."""

LARGEST_EXPONENT = 6  # 1024 bytes, RFC 7959 §2.2
_RESTARTS = 4
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_LARGEST_ANSWER = 4 * 1024 * 1024


def block_size(exponent: int) -> int:
    """Return the block size in bytes of a size exponent (RFC 7959 §2.2)."""
    return 1 << (min(exponent, LARGEST_EXPONENT) + 4)


@dataclass(slots=True)
class Upload:
    """One body on its way by Block1.

    `make` returns the request without block options and payload. Each block is
    sent again by itself while the device is silent, until no block got through
    for `progress_timeout` seconds.
    """

    exchange: Exchange
    make: Callable[[], Message]
    body: bytes
    progress: Progress
    progress_timeout: float
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    exponent: int = LARGEST_EXPONENT
    done: int = 0
    restarts: int = 0

    async def run(self) -> Message:
        """Send the body and return the last response. Raises `Unreachable`."""
        while True:
            response = await self._until_answered()
            if not self._goes_on(response):
                return response

    def _block(self) -> Message:
        """Return the request with the block that starts at `done`."""
        size = block_size(self.exponent)
        end = self.done + size
        message = self.make()
        message.opt.block1 = (self.done // size, end < len(self.body), self.exponent)
        if self.done == 0:
            message.opt.size1 = len(self.body)  # RFC 7959 §4
        message.payload = self.body[self.done : end]
        return message

    async def _until_answered(self) -> Message:
        """Send one block, again and again with pauses while nothing comes back."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self.progress_timeout
        pause = _FIRST_PAUSE
        while True:
            left = give_up - loop.time()
            try:
                return await asyncio.wait_for(self.exchange(self._block()), max(left, 0))
            except TimeoutError:
                raise Unreachable(
                    f"no block got through for {self.progress_timeout:g} s"
                    f" at byte {self.done} of {len(self.body)}"
                ) from None
            except Unreachable:
                if loop.time() + pause >= give_up:
                    raise
            await self.pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _goes_on(self, response: Message) -> bool:
        """Take note of the response; False when it is the last one."""
        if response.code == Code.REQUEST_ENTITY_INCOMPLETE:
            return self._restart()  # RFC 7959 §2.9.2
        if response.code == Code.REQUEST_ENTITY_TOO_LARGE:
            return self._shrink(response)  # RFC 7959 §2.9.3
        if not response.code.is_successful():
            return False
        self.done = min(self.done + block_size(self.exponent), len(self.body))
        self.progress(self.done, len(self.body))
        answer = response.opt.block1
        if answer is not None and answer.size_exponent < self.exponent:
            self.exponent = answer.size_exponent  # RFC 7959 §2.3: the device wants smaller ones
        acknowledged = response.code == Code.CONTINUE or answer is not None
        return self.done < len(self.body) and acknowledged

    def _restart(self) -> bool:
        self.restarts += 1
        self.done = 0
        return self.restarts <= _RESTARTS

    def _shrink(self, response: Message) -> bool:
        """Start again with smaller blocks, where the block and not the body was too large."""
        if self.done > 0:
            return False
        answer = response.opt.block1
        told = answer.size_exponent if answer is not None else LARGEST_EXPONENT
        smaller = told if told < self.exponent else self.exponent - 1
        if smaller < 0:
            return False
        self.exponent = smaller
        return True


async def download_rest(exchange: Exchange, make: Callable[[], Message], first: Message) -> Message:
    """Return `first` with the blocks that follow it (Block2), if any follow.

    Raises `Unreachable` where the device changes the body meanwhile, repeats
    itself, or would send more than any answer here is allowed to be.
    """
    block = first.opt.block2
    if block is None or not block.more:
        return first
    chunks = [first.payload]
    received = len(first.payload)
    while block.more:
        request = make()
        request.opt.block2 = (received // block.size, False, block.size_exponent)
        answer = await exchange(request)
        following = answer.opt.block2
        if (
            not answer.code.is_successful()
            or following is None
            or following.start != received
            or answer.opt.etag != first.opt.etag
        ):
            raise Unreachable(f"the answer broke off at byte {received}: {answer.code}")
        chunks.append(answer.payload)
        received += len(answer.payload)
        if received > _LARGEST_ANSWER or not answer.payload:
            raise Unreachable(f"the answer does not end after {received} bytes")
        block = following
    whole = first.copy()
    whole.payload = b"".join(chunks)
    return whole
