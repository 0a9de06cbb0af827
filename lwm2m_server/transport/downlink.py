"""Operations and images towards registered endpoints."""

import contextlib
from collections.abc import Callable, Collection
from typing import Final

from objects.path import Path

from ..coap.block import LARGEST_SIZE
from ..coap.message import Message, Options
from ..coap.numbers import Code
from ..coap.transfer import Progress
from ..protocol.operations import (
    CancelComposite,
    CancelObservation,
    Execute,
    Observe,
    ObserveComposite,
    Operation,
    Response,
)
from ..protocol.registration import Registration
from ..service.ports import Unreachable
from .address import Peer, authority
from .contact import Contact, Contacts
from .exchanges import Carriers, scheme_of
from .messages import OPAQUE, request_of, response_of, uri_path
from .observations import Notified, cancel, observe

_PLAIN: Final = "coap"
_LONGEST_URI: Final = 127  # Zephyr's LWM2M_PACKAGE_URI_LEN holds 128 with the final NUL


class CoapDownlink:
    """Implements `service.ports.Downlink` over whatever an endpoint registered over.

    It is a `RegistrationListener`, too: what is under way with an endpoint follows it to its
    newest address. `public` is the `HOST[:PORT]` that devices reach this server by, where
    that is another than the address their own packets arrived at; its port is that of plain
    CoAP. `progress_timeout` is in seconds. `executed` is told of each Execute before it is sent:
    an endpoint may restart without having answered it.
    """

    def __init__(
        self,
        carriers: Carriers,
        notified: Notified,
        *,
        executed: Callable[[Registration], None] = lambda _: None,
        progress_timeout: float,
        public: str | None = None,
    ) -> None:
        self._carriers = carriers
        self.contacts = Contacts(carriers)
        self._notified = notified
        self._executed = executed
        self._progress_timeout = progress_timeout
        self._public = public

    def registered(self, registration: Registration) -> None:
        """Forget what was observed under a former registration."""
        with contextlib.suppress(Unreachable):
            self.contacts.heard(registration)

    def updated(self, registration: Registration) -> None:
        """Let what is under way go on at the address that an Update came from."""
        self.registered(registration)

    def ended(self, registration: Registration) -> None:
        """Forget what was observed at an endpoint that is registered no more."""
        self.contacts.ended(registration)

    async def request(self, registration: Registration, operation: Operation) -> Response:
        """Carry out one operation. Raises `Unreachable`; an error code is an answer."""
        await self._carriers.wait()
        with self.contacts.of(registration) as contact:
            if isinstance(operation, Observe | ObserveComposite):
                return await observe(contact, operation, self._notified)
            if isinstance(operation, CancelObservation | CancelComposite):
                return await cancel(contact, operation)
            if isinstance(operation, Execute):
                self._executed(registration)
            request = request_of(operation, registration.root)
            if len(request.payload) > LARGEST_SIZE:
                body = bytes(request.payload)
                bare = Message(request.code, request.options)
                return await self._upload(contact, bare, body, lambda _done, _total: None)
            return response_of(await contact.exchange(request))

    async def push(
        self, registration: Registration, path: Path, image: bytes, progress: Progress
    ) -> Response:
        """Write `image` (opaque) to `path` by Block1; see `service.ports.Downlink`."""
        await self._carriers.wait()
        options = Options(uri_path=uri_path(path, registration.root), content_format=OPAQUE)
        with self.contacts.of(registration) as contact:
            return await self._upload(contact, Message(Code.PUT, options), image, progress)

    def package_uri(
        self, registration: Registration, token: str, schemes: Collection[str] | None = None
    ) -> str:
        """Return where `token`'s image is pulled from; see `service.ports.Downlink`.

        The host is that by which the device itself registered.
        """
        own = scheme_of(registration.address)
        scheme = own if schemes is None or own in schemes else _PLAIN
        if schemes is not None and scheme not in schemes:
            able = ", ".join(sorted(schemes)) or "nothing"
            raise Unreachable(f"the device pulls by {able}; it can be offered {own} or {_PLAIN}")
        uri = f"{scheme}://{self._authority(registration, scheme)}/p/{token}"
        if len(uri) > _LONGEST_URI:
            raise Unreachable(f"{uri} has more than {_LONGEST_URI} characters")
        return uri

    async def aclose(self) -> None:
        """Fail what awaits an answer, and forget everything that is observed."""
        self.contacts.close()

    def _authority(self, registration: Registration, scheme: str) -> str:
        port = self._carriers.by_scheme(scheme).port
        if self._public is not None:
            if scheme == _PLAIN:
                return self._public
            return authority(host_of(self._public), port)
        try:
            local = Peer.parse(registration.address).local
        except ValueError as fault:
            raise Unreachable(str(fault)) from fault
        if local is None:
            raise Unreachable("it is not known by which address the device reaches this server")
        return authority(local, port)

    async def _upload(
        self, contact: Contact, request: Message, body: bytes, progress: Progress
    ) -> Response:
        patience = self._progress_timeout
        return response_of(await contact.upload(request, body, progress, patience))


def host_of(public: str) -> str:
    """Return the host of `HOST[:PORT]`, an IPv6 address without its brackets."""
    if public.startswith("["):
        return public[1:].partition("]")[0]
    host, colon, port = public.rpartition(":")
    return host if colon and port.isdigit() else public
