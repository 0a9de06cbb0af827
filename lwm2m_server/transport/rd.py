"""The registration interface: `/rd` and what lies below (OMA LwM2M Transport 1.1 §6.4.3)."""

from typing import Final

from ..coap.endpoint import Incoming
from ..coap.message import Message, Options
from ..coap.numbers import Code
from ..protocol.registration import RegisterRequest, UpdateRequest
from ..service.registration import RegistrationService
from .errors import error_response
from .handler import Pending, Sender

_LINK_FORMAT: Final = 40
_UNDERSTOOD: Final = frozenset({None, _LINK_FORMAT})
_CHANGED: Final = Message(Code.CHANGED)
_DELETED: Final = Message(Code.DELETED)


class RegistrationDirectory:
    """The `Handler` of `/rd`: Register, Update and De-register."""

    def __init__(self, registrations: RegistrationService) -> None:
        self._registrations = registrations

    def __call__(self, incoming: Incoming) -> Message | Pending:
        """Answer one request; raises `InvalidRequest` for what is the peer's fault."""
        path = incoming.message.options.uri_path
        code = incoming.message.code
        if len(path) == 1:
            return self._register(incoming) if code == Code.POST else _not_allowed("POST")
        if len(path) != 2:
            return error_response(Code.NOT_FOUND, "registrations are at /rd/ID")
        if code == Code.POST:
            return self._update(incoming, path[1])
        if code == Code.DELETE:
            return self._deregister(incoming, path[1])
        return _not_allowed("POST and DELETE")

    def _register(self, incoming: Incoming) -> Message | Pending:
        """Answer 2.01 with the location (§6.4.3, Register)."""
        options = incoming.message.options
        if options.content_format not in _UNDERSTOOD:
            return error_response(
                Code.UNSUPPORTED_CONTENT_FORMAT, "Register carries application/link-format (40)"
            )
        remote: Sender = incoming.remote  # type: ignore[assignment] # see `handler.Handler`
        accepted = self._registrations.register(
            RegisterRequest(
                remote.address,
                tuple(options.uri_query),
                bytes(incoming.message.payload),
                remote.identity,
            )
        )
        created = Message(Code.CREATED, Options(location_path=("rd", accepted.id)))
        return Pending(accepted.durable, created)

    def _update(self, incoming: Incoming, registration_id: str) -> Message | Pending:
        """Answer 2.04."""
        remote: Sender = incoming.remote  # type: ignore[assignment] # see `handler.Handler`
        durable = self._registrations.update(
            UpdateRequest(
                registration_id,
                remote.address,
                tuple(incoming.message.options.uri_query),
                bytes(incoming.message.payload),
                remote.identity,
            )
        )
        return _CHANGED if durable is None else Pending(durable, _CHANGED)

    def _deregister(self, incoming: Incoming, registration_id: str) -> Pending:
        """Answer 2.02."""
        remote: Sender = incoming.remote  # type: ignore[assignment] # see `handler.Handler`
        durable = self._registrations.deregister(registration_id, remote.identity)
        return Pending(durable, _DELETED)


def _not_allowed(methods: str) -> Message:
    return error_response(Code.METHOD_NOT_ALLOWED, f"here: {methods}")
