"""The registration interface: `/rd` and what lies below (OMA LwM2M Transport 1.1 §6.4.3)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiocoap import Message
from aiocoap.blockwise import Block1Spool, IncompleteException
from aiocoap.error import RequestEntityTooLarge
from aiocoap.numbers.codes import Code
from aiocoap.resource import PathCapable, Resource

from objects.errors import ObjectsError

from ..protocol.errors import ProtocolError
from ..protocol.registration import RegisterRequest, UpdateRequest
from ..service.registration import RegistrationService
from .address import Peer
from .context_errors import error_response, refusal

_log = structlog.get_logger(__name__)

_LINK_FORMAT = 40
# Payload of a Register with some thousand instances; a cap, since blocks of a
# body that never ends would else pile up.
_LARGEST_PAYLOAD = 64 * 1024


async def answered(step: Callable[[], Awaitable[Message]]) -> Message:
    """Run `step`; whatever it raises becomes an error response, never a traceback on the wire."""
    try:
        return await step()
    except (ProtocolError, ObjectsError) as fault:
        return refusal(fault)
    except Exception as fault:  # noqa: BLE001 - a fault of ours must not cost the peer its answer
        _log.exception("a request failed")
        return refusal(fault)


def address_of(request: Message) -> str:
    """Return the text by which storage knows the sender."""
    return str(Peer.of(request.remote.sockaddr, request.remote.pktinfo))


class _Bodies(Block1Spool):  # type: ignore[misc] # aiocoap ships no types
    """Bodies on their way in, where a block out of turn is an answer and not a fault."""

    def feed_and_take(self, req: Message) -> Message:
        """Put a block to its body; 4.08 where it does not follow on the last (RFC 7959 §2.9.2)."""
        try:
            return super().feed_and_take(req)
        except ValueError:
            raise IncompleteException from None


class _Registrations(Resource):  # type: ignore[misc] # aiocoap ships no types
    """What `/rd` and the locations below it share."""

    def __init__(self, registrations: RegistrationService) -> None:
        super().__init__()
        self._block1 = _Bodies()
        self._registrations = registrations

    async def needs_blockwise_assembly(self, request: Message) -> bool:
        """Let aiocoap put Block1 together, up to a limit (4.13 beyond it)."""
        block = request.opt.block1
        if block is not None and block.start + len(request.payload) > _LARGEST_PAYLOAD:
            raise RequestEntityTooLarge
        return True


class RegistrationDirectory(_Registrations):
    """`POST /rd`: Register."""

    async def render_post(self, request: Message) -> Message:
        """Answer 2.01 with the location."""

        async def step() -> Message:
            if request.opt.content_format not in (None, _LINK_FORMAT):
                return error_response(
                    Code.UNSUPPORTED_CONTENT_FORMAT, "Register carries application/link-format (40)"
                )
            told = RegisterRequest(
                address=address_of(request),
                query=tuple(request.opt.uri_query),
                payload=bytes(request.payload),
            )
            accepted = self._registrations.register(told)
            await asyncio.shield(accepted.durable)
            return Message(code=Code.CREATED, location_path=("rd", accepted.id))

        return await answered(step)


class RegistrationLocation(_Registrations, PathCapable):  # type: ignore[misc] # aiocoap ships no types
    """`POST /rd/ID`: Update; `DELETE /rd/ID`: De-register."""

    async def render_post(self, request: Message) -> Message:
        """Answer 2.04."""

        async def step() -> Message:
            told = UpdateRequest(
                registration_id=_location(request),
                address=address_of(request),
                query=tuple(request.opt.uri_query),
                payload=bytes(request.payload),
            )
            if (durable := self._registrations.update(told)) is not None:
                await asyncio.shield(durable)
            return Message(code=Code.CHANGED)

        return await answered(step)

    async def render_delete(self, request: Message) -> Message:
        """Answer 2.02."""

        async def step() -> Message:
            await asyncio.shield(self._registrations.deregister(_location(request)))
            return Message(code=Code.DELETED)

        return await answered(step)


def _location(request: Message) -> str:
    """Return what follows `/rd/`; no registration has an id with a slash."""
    segments: tuple[Any, ...] = request.opt.uri_path
    return "/".join(segments)
