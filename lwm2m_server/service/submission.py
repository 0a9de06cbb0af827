"""Operators' operations on their way: in the content formats that the endpoint takes, and back."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from objects.codecs import encode_paths
from objects.path import Path

from ..protocol.formats import Shape, to_read, to_write
from ..protocol.operations import CancelComposite, Operation, Response
from ..protocol.registration import Registration
from .answers import Asking, Queued, Result
from .errors import EndpointUnreachable
from .gateway import Gateway
from .interpretation import answer_of
from .negotiation import Use, negotiated, shape_at, written
from .ports import Clock, Submitter

_ANY: Final = (Shape.ONE, True)


class Submission:
    """What `ManagementService` asks by; its methods raise what is said there."""

    def __init__(self, gateway: Gateway, submitter: Submitter, clock: Clock) -> None:
        self._gateway = gateway
        self._submitter = submitter
        self._clock = clock

    async def carry_out(
        self, registration: Registration, operation: Operation, asking: Asking
    ) -> Result:
        """Carry out what has one form only."""
        return await self._negotiated(registration, asking, _ANY, (operation,))

    async def read(
        self,
        registration: Registration,
        path: Path,
        asking: Asking,
        make: Callable[[int | None], Operation],
    ) -> Result:
        """Read or observe a path; `make` returns what asks for it in a content format."""
        use = (shape_at(path, self._gateway.definitions_of(registration)), False)
        formats = self._to_read(registration, use, asking.content_format)
        return await self._negotiated(registration, asking, use, (make(one) for one in formats))

    async def write(
        self,
        registration: Registration,
        asking: Asking,
        shape: Shape,
        encoded: Callable[[int], bytes],
        make: Callable[[bytes, int], Operation],
    ) -> Result:
        """Write or create; `encoded` returns the payload in a content format."""
        use = (shape, True)
        formats = self._to_write(registration, use, asking.content_format)
        forms = written(formats, encoded, make)
        return await self._negotiated(registration, asking, use, forms)

    async def fetch(
        self,
        registration: Registration,
        paths: tuple[Path, ...],
        asking: Asking,
        make: Callable[[tuple[Path, ...], bytes, int, int | None], Operation],
    ) -> Result:
        """Read or observe several paths, asked for in the format that they are named in."""
        use = (Shape.COMPOSITE, False)
        wanted = asking.content_format
        named = wanted if asking.path_format is None else asking.path_format
        forms = written(
            self._to_write(registration, use, named),
            lambda content_format: encode_paths(content_format, paths, registration.root),
            lambda payload, content_format: make(
                paths, payload, content_format, content_format if wanted is None else wanted
            ),
        )
        return await self._negotiated(registration, asking, use, forms)

    async def cancel(
        self,
        registration: Registration,
        paths: tuple[Path, ...],
        asking: Asking,
        *,
        active: bool,
    ) -> Result:
        """Cancel the observation of several paths."""
        use = (Shape.COMPOSITE, True)
        forms = written(
            self._to_write(registration, use, asking.path_format),
            lambda content_format: encode_paths(content_format, paths, registration.root),
            lambda payload, content_format: CancelComposite(paths, payload, content_format, active),
        )
        return await self._negotiated(registration, asking, use, forms)

    def _to_read(
        self, registration: Registration, use: Use, fixed: int | None
    ) -> Iterable[int | None]:
        if fixed is not None:
            return (fixed,)
        return to_read(registration, use[0], self._gateway.learned.of(registration, use))

    def _to_write(self, registration: Registration, use: Use, fixed: int | None) -> Iterable[int]:
        if fixed is not None:
            return (fixed,)
        return to_write(registration, use[0], self._gateway.learned.of(registration, use))

    async def _negotiated(
        self, registration: Registration, asking: Asking, use: Use, forms: Iterable[Operation]
    ) -> Result:
        """Submit the forms in turn: the one place where operators' requests leave from."""
        rest: Sequence[Operation] = ()
        if registration.queue_mode:  # it may be kept, and then all of it is
            forms = rest = tuple(forms)

        async def ask(operation: Operation) -> Response | Queued:
            nonlocal rest
            rest = rest[1:]
            return await self._submitter.submit(registration, operation, asking.patience, rest)

        try:
            async with asyncio.timeout(asking.timeout):
                operation, response = await negotiated(
                    self._gateway.learned, registration, use, forms, ask
                )
        except TimeoutError as error:
            raise EndpointUnreachable(registration.endpoint) from error
        if isinstance(response, Queued):
            return response
        definitions = self._gateway.definitions_of(registration)
        return answer_of(registration.root, operation, response, definitions, self._clock.now())
