"""A peer that requests are made to: each is followed to its response, or to its failure."""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from ..coap.endpoint import Done, Outcome
from ..coap.message import Message, encode
from ..coap.transfer import Progress, Upload
from .exchanges import Cancel, Driving, Pending, followed, nothing, outcome
from .handler import Sender

_TOKEN: Final = 8
"""Bytes that a token of ours has at most."""


@dataclass(slots=True, eq=False)
class Correspondent:
    """Where a peer is, and what it is asked: requests in `asked`, bodies in blocks in `pushed`.

    `probe` is the least that it can be asked: what is too large for an address that may be forged
    (see `Endpoint.grant`) waits until that is answered, whatever the answer.
    """

    probe: ClassVar[Message]

    driver: Driving
    remote: Sender
    uploads: set[Upload] = field(default_factory=set, kw_only=True)
    asked: Pending = field(default_factory=dict, kw_only=True)
    pushed: Pending = field(default_factory=dict, kw_only=True)

    async def exchange(self, request: Message, token: bytes | None = None) -> Message:
        """Send a request and return its response, the body whole. Raises `Unreachable`.

        `token` is as in `coap.requester.Requester`.
        """
        await self.afford(request)
        return await self._exchange(request, token)

    async def afford(self, request: Message, body: bytes = b"") -> None:
        """Return once a request, with a body that follows, may be sent. Raises `Unreachable`."""
        credit = self.driver.endpoint.credit(self.remote)
        if credit is not None and len(encode(request)) + _TOKEN + len(body) > credit:
            await self._exchange(self.probe)

    async def _exchange(self, request: Message, token: bytes | None = None) -> Message:
        driver, remote = self.driver, self.remote

        def begin(done: Done) -> Cancel:
            stop: Cancel = nothing

            def answered(result: Outcome) -> None:
                nonlocal stop
                stop = followed(driver, self.remote, request, result, done)

            sent = driver.endpoint.request(remote, request, answered, driver.now(), token=token)
            driver.flush()

            def cancel() -> None:
                driver.endpoint.cancel(sent, driver.now())
                stop()
                driver.flush()

            return cancel

        return await outcome(begin, self.asked)

    async def upload(
        self, request: Message, body: bytes, progress: Progress, patience: float
    ) -> Message:
        """Send a body by Block1 and return the last response. Raises `Unreachable`.

        `patience` is in seconds, as in `coap.transfer.Upload`.
        """
        await self.afford(request, body)
        driver = self.driver
        started: list[Upload] = []

        def begin(done: Done) -> Cancel:
            upload = Upload(driver.endpoint, self.remote, request, body, done, progress, patience)
            started.append(upload)
            self.uploads.add(upload)
            upload.start(driver.now())
            driver.flush()

            def cancel() -> None:
                upload.cancel(driver.now())
                driver.flush()

            return cancel

        try:
            return await outcome(begin, self.pushed)
        finally:
            self.uploads.difference_update(started)
