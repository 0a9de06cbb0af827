"""Images that devices may fetch, by token."""

from collections.abc import Callable


class PullTokens:
    """The `PullSource` behind the transport: bytes per token, as long as they are wanted."""

    def __init__(self) -> None:
        self._images: dict[str, bytes] = {}
        self._watchers: dict[str, Callable[[int, int], None]] = {}

    def watch(self, token: str, pulled: Callable[[int, int], None]) -> None:
        """Let `pulled(done, total)` know what is fetched under `token`."""
        self._watchers[token] = pulled

    def offer(self, token: str, image: bytes) -> None:
        """Serve `image` under `token`; equal images share their bytes."""
        shared = next((one for one in self._images.values() if one == image), image)
        self._images[token] = shared

    def withdraw(self, token: str) -> None:
        """Serve `token` no longer."""
        self._images.pop(token, None)
        self._watchers.pop(token, None)

    def image(self, token: str) -> bytes | None:
        """Return the immutable bytes of `token`, None where there is no such token."""
        return self._images.get(token)

    def pulled(self, token: str, done: int, total: int) -> None:
        """Note that the endpoint has fetched `done` of `total` bytes."""
        if (watcher := self._watchers.get(token)) is not None:
            watcher(done, total)
