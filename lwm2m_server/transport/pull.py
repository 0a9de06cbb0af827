"""Images for devices that fetch them: `/p/TOKEN`, by Block2 (RFC 7959).

Each block is cut from the immutable image when it is asked for. Nothing is kept
per transfer, so a device may resume at any block, after any pause and after a
restart of the server.
"""

from aiocoap import Message
from aiocoap.numbers.codes import Code
from aiocoap.resource import PathCapable, Resource

from ..service.ports import PullSource
from .blockwise import LARGEST_EXPONENT, block_size
from .context_errors import error_response

_OPAQUE = 42
_A_DAY = 86400


class PullResource(Resource, PathCapable):  # type: ignore[misc] # aiocoap ships no types
    """Serves what `source` knows under the token, which is the first segment of the path.

    Further segments are for the device's eyes only, a file name for example.
    """

    def __init__(self, source: PullSource) -> None:
        super().__init__()
        self._source = source

    async def needs_blockwise_assembly(self, _request: Message) -> bool:
        """Keep aiocoap's blockwise cache out: it forgets after minutes, and then answers 4.08."""
        return False

    async def render_get(self, request: Message) -> Message:
        """Answer one block, with ETag and Size2 on each."""
        path = request.opt.uri_path
        token = path[0] if path else ""
        package = self._source.package(token)
        if package is None:
            return error_response(Code.NOT_FOUND, "no such package, or no longer")
        image, tag = package.data, package.etag
        if tag in (request.opt.etags or ()):
            return Message(code=Code.VALID, etag=tag, max_age=_A_DAY)
        asked = request.opt.block2
        number = asked.block_number if asked is not None else 0
        exponent = min(asked.size_exponent if asked is not None else 7, LARGEST_EXPONENT)
        start = number * block_size(exponent)
        if start >= len(image) and number > 0:
            return error_response(
                Code.BAD_REQUEST, f"block {number} is beyond the end of {len(image)} bytes"
            )
        end = min(start + block_size(exponent), len(image))
        response = Message(
            code=Code.CONTENT, payload=image[start:end], etag=tag, content_format=_OPAQUE
        )
        response.opt.max_age = _A_DAY
        response.opt.size2 = len(image)  # RFC 7959 §4; always, since Zephyr waits for it
        if asked is not None or end < len(image):
            response.opt.block2 = (number, end < len(image), exponent)
        self._source.pulled(token, end, len(image))
        return response
