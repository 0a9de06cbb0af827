"""The registration interface: `/rd` and what lies below (OMA LwM2M Transport 1.1 §6.4.3)."""

from typing import Final

from ..coap.endpoint import Incoming
from ..coap.message import Message
from ..coap.numbers import Code
from ..coap.options import options_of
from ..coap.tuning import TUNING
from ..protocol.registration import RegisterRequest, UpdateRequest
from ..service.registration import RegistrationService
from .errors import error_response
from .handler import Pending, Sender

# By themselves: to look one up in its Enum takes longer than to compare with it.
_POST: Final = Code.POST
_CREATED: Final = Code.CREATED
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
            return self._register(incoming) if code == _POST else _not_allowed("POST")
        if len(path) != 2:
            return error_response(Code.NOT_FOUND, "registrations are at /rd/ID")
        if code == _POST:
            return self._update(incoming, path[1])
        if code == Code.DELETE:
            return self._deregister(incoming, path[1])
        return _not_allowed("POST and DELETE")

    def stands(self, created: Message) -> bool:
        """Whether a Register that comes again, byte by byte, may be given this answer again.

        A device that starts anew may well use its port, message id and token again,
        within EXCHANGE_LIFETIME of the last time: it would be told of its former registration,
        and nobody of its start. RFC 7252 §4.5 lets a server serve such a request twice where
        what it means allows, and names state that is short-lived: a registration that
        replaces an equal one harms nobody who has not had the first answer. So it is new

        - where the registration is gone: its location would be of no use;
        - where the endpoint was sent an Execute since: after a firmware update or a
          reboot it is expected to register, and what led there was no silence;
        - after MAX_TRANSMIT_SPAN (45 s): the client has sent its last retransmission by then.

        Before that, an answer that was lost cannot be told from a reboot, and two
        registrations, whose answers may cross, are worse than a reboot of which nobody hears.
        An Update since would prove that the answer got through, and thus end all
        retransmissions (NSTART 1), as would an answer to a request of ours if clients kept
        to it; but a copy that the network made may be behind either, and a new location that
        nobody knows would cost the device its registration.
        """
        location = created.options.location_path
        return len(location) != 2 or self._registrations.is_new(
            location[1], TUNING.max_transmit_span
        )

    def _register(self, incoming: Incoming) -> Message | Pending:
        """Answer 2.01 with the location (§6.4.3, Register)."""
        options = incoming.message.options
        if options.content_format not in _UNDERSTOOD:
            return error_response(
                Code.UNSUPPORTED_CONTENT_FORMAT, "Register carries application/link-format (40)"
            )
        remote: Sender = incoming.remote  # type: ignore[assignment] # see `handler.Handler`
        registration_id, durable = self._registrations.register(
            RegisterRequest(
                remote.address,
                options.uri_query,
                bytes(incoming.message.payload),
                remote.identity,
            )
        )
        created = Message(_CREATED, options_of({"location_path": ("rd", registration_id)}))
        return Pending(durable, created)

    def _update(self, incoming: Incoming, registration_id: str) -> Message | Pending:
        """Answer 2.04."""
        remote: Sender = incoming.remote  # type: ignore[assignment] # see `handler.Handler`
        durable = self._registrations.update(
            UpdateRequest(
                registration_id,
                remote.address,
                incoming.message.options.uri_query,
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
