"""A peer that requests are made to: each is followed to its response, or to its failure."""

from dataclasses import dataclass, field

from ..coap.endpoint import Done, Outcome
from ..coap.message import Message
from ..coap.transfer import Progress, Upload
from .exchanges import Cancel, Driving, Pending, followed, nothing, outcome
from .handler import Sender


@dataclass(slots=True, eq=False)
class Correspondent:
    """Where a peer is, and what it is asked: requests in `asked`, bodies in blocks in `pushed`."""

    driver: Driving
    remote: Sender
    uploads: set[Upload] = field(default_factory=set, kw_only=True)
    asked: Pending = field(default_factory=dict, kw_only=True)
    pushed: Pending = field(default_factory=dict, kw_only=True)

    async def exchange(
        self, request: Message, token: bytes | None = None, most: int | None = None
    ) -> Message:
        """Send a request and return its response, the body whole. Raises `Unreachable`.

        `token` and `most` are as in `coap.requester.Requester`.
        """
        driver, remote = self.driver, self.remote

        def begin(done: Done) -> Cancel:
            stop: Cancel = nothing

            def answered(result: Outcome) -> None:
                nonlocal stop
                stop = followed(driver, self.remote, request, result, done)

            sent = driver.endpoint.request(
                remote, request, answered, driver.now(), token=token, most=most
            )
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
