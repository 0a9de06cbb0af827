"""Operations and images towards registered endpoints."""

import secrets
from collections.abc import Callable

from aiocoap import Message
from aiocoap.numbers.codes import Code

from objects.path import Path

from ..protocol.operations import CancelObservation, Observe, Operation, Response
from ..protocol.registration import Registration
from ..service.ports import Unreachable
from .address import Peer, authority
from .blockwise import LARGEST_EXPONENT, Progress, Upload, block_size, download_rest
from .exchanges import Exchanges
from .messages import request_of, response_of, uri_path
from .observations import Notified, Observations

_OPAQUE = 42
_LONGEST_URI = 127  # Zephyr's LWM2M_PACKAGE_URI_LEN holds 128 with the final NUL
_COAP_PORT = 5683


class CoapDownlink:
    """Implements `service.ports.Downlink` on the socket that serves registrations.

    `public` is the `HOST[:PORT]` that devices reach this server by, where that is
    another than the address their own packets arrived at. Times are in seconds.
    """

    def __init__(
        self,
        exchanges: Exchanges,
        notified: Notified,
        *,
        progress_timeout: float,
        public: str | None = None,
    ) -> None:
        self._exchanges = exchanges
        self._observations = Observations(exchanges, notified)
        self._progress_timeout = progress_timeout
        self._public = public
        self._port = _COAP_PORT

    def opened(self, port: int) -> None:
        """Take note of the port that the server got."""
        self._port = port

    async def request(self, registration: Registration, operation: Operation) -> Response:
        """Carry out one operation. Raises `Unreachable`; an error code is an answer."""
        if isinstance(operation, Observe):
            return await self._observations.observe(registration, operation)
        if isinstance(operation, CancelObservation):
            return await self._observations.cancel(registration, operation)

        def make() -> Message:
            return request_of(operation, registration.root)

        async def exchange(message: Message) -> Message:
            return await self._exchanges.exchange(registration.address, message)

        whole = make()
        if len(whole.payload) > block_size(LARGEST_EXPONENT):
            return await self._upload(registration, make, whole.payload, lambda _done, _total: None)
        return response_of(await download_rest(exchange, make, await exchange(whole)))

    async def push(
        self, registration: Registration, path: Path, image: bytes, progress: Progress
    ) -> Response:
        """Write `image` (opaque) to `path` by Block1; see `service.ports.Downlink`."""

        def make() -> Message:
            message = Message(code=Code.PUT, content_format=_OPAQUE)
            message.opt.uri_path = uri_path(path, registration.root)
            return message

        return await self._upload(registration, make, image, progress)

    def package_uri(self, registration: Registration, token: str) -> str:
        """Return the URI (at most 127 characters) under which `token`'s image is pulled.

        The host is the address that the device itself sent its Register to. Raises
        `Unreachable` where no such URI can be told.
        """
        uri = f"coap://{self._authority(registration)}/p/{token}"
        if len(uri) > _LONGEST_URI:
            raise Unreachable(f"{uri} has more than {_LONGEST_URI} characters")
        return uri

    async def aclose(self) -> None:
        """End all observations; what awaits an answer fails with the socket."""
        self._observations.close()

    def _authority(self, registration: Registration) -> str:
        if self._public is not None:
            return self._public
        try:
            local = Peer.parse(registration.address).local
        except ValueError as fault:
            raise Unreachable(str(fault)) from fault
        if local is None:
            raise Unreachable("it is not known by which address the device reaches this server")
        return authority(local, self._port)

    async def _upload(
        self,
        registration: Registration,
        make: Callable[[], Message],
        body: bytes,
        progress: Progress,
    ) -> Response:
        # Zephyr before 2023 knows a transfer by its token, so all blocks share one.
        token = secrets.token_bytes(4)

        async def exchange(message: Message) -> Message:
            return await self._exchanges.exchange(registration.address, message, token)

        upload = Upload(exchange, make, body, progress, self._progress_timeout)
        return response_of(await upload.run())
