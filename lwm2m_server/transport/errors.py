"""Faults as CoAP codes: the one place where they meet (RFC 7252 §5.9, OMA LwM2M 1.1 §6.2)."""

from typing import Final

from objects.errors import ObjectsError, UnsupportedFormat

from ..coap.message import Message
from ..coap.numbers import Code
from ..protocol.errors import InvalidRequest

# A diagnostic is for people (RFC 7252 §5.5.2) and must fit in the same packet.
_LONGEST_DIAGNOSTIC: Final = 256


def refusal(fault: BaseException) -> Message:
    """Return the error response for `fault`; what is nobody's request's fault is 5.00."""
    if isinstance(fault, InvalidRequest):
        return error_response(fault.code, str(fault))
    if isinstance(fault, UnsupportedFormat):
        return error_response(Code.UNSUPPORTED_CONTENT_FORMAT, str(fault))
    if isinstance(fault, ObjectsError):
        return error_response(Code.BAD_REQUEST, str(fault))
    return error_response(Code.INTERNAL_SERVER_ERROR, "the server failed; its log says why")


def error_response(code: int, diagnostic: str) -> Message:
    """Return an error response with a diagnostic payload."""
    payload = diagnostic.encode()[:_LONGEST_DIAGNOSTIC].decode(errors="ignore").encode()
    return Message(code, payload=payload)
