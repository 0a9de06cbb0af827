"""The bootstrap interface: `/bs` and `/bspack` (OMA LwM2M Transport 1.2 §6.4)."""

import asyncio
from dataclasses import dataclass
from typing import Final

from objects.path import Path

from ..coap.block import LARGEST_SIZE
from ..coap.credit import AMPLIFICATION
from ..coap.endpoint import Incoming
from ..coap.message import Message, Options, encode
from ..coap.numbers import Code
from ..protocol.bootstrap_request import BootstrapRequest
from ..protocol.bootstrap_session import BootstrapOperation, Finish
from ..protocol.operations import Discover, Response
from ..service.bootstrap import BootstrapService
from .correspondent import Correspondent
from .errors import error_response
from .exchanges import Driving
from .handler import Pending as Later
from .handler import Sender
from .messages import request_of, response_of

_PATH: Final = "bs"
_CHANGED: Final = Message(Code.CHANGED)


@dataclass(slots=True, eq=False)
class Client(Correspondent):
    """Implements `BootstrapPeer`: one client, at the address that it asked from.

    `patience` is in seconds, as in `coap.transfer.Upload`.
    """

    # Fits three times what the least request has.
    probe = request_of(Discover(Path(0)), "/")

    patience: float

    async def request(self, operation: BootstrapOperation) -> Response:
        """Carry out one operation; see `service.bootstrap_ports.BootstrapPeer`."""
        if isinstance(operation, Finish):
            request = Message(Code.POST, Options(uri_path=(_PATH,)))
        else:
            # §6.1.7: below the root, whatever alternate path the client may register.
            request = request_of(operation, "/")
        if len(request.payload) <= LARGEST_SIZE:
            return response_of(await self.exchange(request))
        body = bytes(request.payload)
        bare = Message(request.code, request.options)
        return response_of(await self.upload(bare, body, lambda *_: None, self.patience))


class BootstrapInterface:
    """The `Handler`s of `/bs` and `/bspack`; `driver` is told once there is one."""

    driver: Driving

    def __init__(self, service: BootstrapService, patience: float) -> None:
        self._service = service
        self._patience = patience

    def request(self, incoming: Incoming) -> Message:
        """Answer a Bootstrap-Request by 2.04; raises `InvalidRequest` as the service does."""
        message = incoming.message
        if len(message.options.uri_path) != 1:
            return error_response(Code.NOT_FOUND, "bootstraps are asked for at /bs")
        if message.code != Code.POST:
            return error_response(Code.METHOD_NOT_ALLOWED, "here: POST")
        remote: Sender = incoming.remote  # type: ignore[assignment] # see `handler.Handler`
        asked = self._asked(incoming, remote)
        answered = len(encode(_CHANGED)) + len(message.token)
        credit, now = AMPLIFICATION * incoming.size - answered, self.driver.now()
        self.driver.endpoint.grant(remote, credit, now, now)
        self._service.request(asked, Client(self.driver, remote, self._patience))
        return _CHANGED

    def pack(self, incoming: Incoming) -> Message | Later:
        """Answer a Bootstrap-Pack-Request by 2.05; raises `InvalidRequest` as the service does."""
        message = incoming.message
        if len(message.options.uri_path) != 1:
            return error_response(Code.NOT_FOUND, "packs are asked for at /bspack")
        if message.code != Code.GET:
            return error_response(Code.METHOD_NOT_ALLOWED, "here: GET")
        remote: Sender = incoming.remote  # type: ignore[assignment] # see `handler.Handler`
        asked = self._asked(incoming, remote)
        block = message.options.block2
        again = block is not None and block.number > 0
        making = self._service.packed(asked, message.options.accept, again=again)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        making.add_done_callback(lambda made: _settle(answer, made))
        return Later(answer)

    def _asked(self, incoming: Incoming, remote: Sender) -> BootstrapRequest:
        message = incoming.message
        key = (remote, message.id, message.token)
        query = message.options.uri_query
        return BootstrapRequest(remote.address, query, remote.identity, key)


def _settle(answer: "asyncio.Future[Message]", made: "asyncio.Future[tuple[int, bytes]]") -> None:
    """Have a pack answered, or what it failed with."""
    if answer.done():
        return
    if made.cancelled():
        answer.cancel()
    elif (fault := made.exception()) is not None:
        answer.set_exception(fault)
    else:
        content_format, payload = made.result()
        answer.set_result(Message(Code.CONTENT, Options(content_format=content_format), payload))
