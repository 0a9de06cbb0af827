"""The information reporting interface's `/dp`: Send (OMA LwM2M Transport 1.2 §6.4.6)."""

from collections.abc import Callable
from typing import Final

from ..coap.endpoint import Incoming
from ..coap.message import Message
from ..coap.numbers import Code
from ..protocol.identity import Identity
from .errors import error_response
from .handler import Sender

_CHANGED: Final = Message(Code.CHANGED)

Sent = Callable[[str, Identity, int | None, bytes], None]
"""Takes what a peer at an address reports; raises what becomes the error response."""


class DataPush:
    """The `Handler` of `/dp`; CON and NON alike."""

    def __init__(self, sent: Sent) -> None:
        self._sent = sent

    def __call__(self, incoming: Incoming) -> Message:
        """Answer one Send by 2.04; raises `InvalidRequest` or `ObjectsError`."""
        message = incoming.message
        options = message.options
        if len(options.uri_path) != 1:
            return error_response(Code.NOT_FOUND, "data is sent to /dp")
        if message.code != Code.POST:
            return error_response(Code.METHOD_NOT_ALLOWED, "here: POST")
        remote: Sender = incoming.remote  # type: ignore[assignment] # see `handler.Handler`
        self._sent(remote.address, remote.identity, options.content_format, bytes(message.payload))
        return _CHANGED
