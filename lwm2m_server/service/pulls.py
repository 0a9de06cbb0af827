"""Images that devices may fetch, by token."""

import asyncio
import hashlib
from collections.abc import Callable

from .ports import Package


class PullTokens:
    """The `PullSource` behind the transport: packages per token, as long as they are wanted."""

    def __init__(self) -> None:
        self._packages: dict[str, Package] = {}
        self._watchers: dict[str, Callable[[int, int], None]] = {}

    def watch(self, token: str, pulled: Callable[[int, int], None]) -> None:
        """Let `pulled(done, total)` know what is fetched under `token`."""
        self._watchers[token] = pulled

    async def offer(self, token: str, image: bytes) -> None:
        """Serve `image` under `token` from now on; equal images share their bytes."""
        tag = (await asyncio.to_thread(hashlib.sha256, image)).digest()[:8]
        equal = (one for one in self._packages.values() if one.etag == tag)
        self._packages[token] = next(equal, Package(image, tag))

    def withdraw(self, token: str) -> None:
        """Serve `token` no longer."""
        self._packages.pop(token, None)
        self._watchers.pop(token, None)

    def package(self, token: str) -> Package | None:
        """Return what is served under `token`, None where there is no such token."""
        return self._packages.get(token)

    def pulled(self, token: str, done: int, total: int) -> None:
        """Note that the endpoint has fetched `done` of `total` bytes."""
        if (watcher := self._watchers.get(token)) is not None:
            watcher(done, total)
