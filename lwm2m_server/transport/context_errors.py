"""Faults as aiocoap messages, for what its Context still serves; see `errors`."""

from aiocoap import Message
from aiocoap.numbers.codes import Code

from objects.errors import ObjectsError

from ..protocol.errors import InvalidRequest

# A diagnostic is for people (RFC 7252 §5.5.2) and must fit in the same packet.
_LONGEST_DIAGNOSTIC = 256


def refusal(fault: Exception) -> Message:
    """Return the error response for `fault`; what is nobody's request's fault is 5.00."""
    if isinstance(fault, InvalidRequest):
        return error_response(Code(fault.code), str(fault))
    if isinstance(fault, ObjectsError):
        return error_response(Code.BAD_REQUEST, str(fault))
    return error_response(Code.INTERNAL_SERVER_ERROR, "the server failed; its log says why")


def error_response(code: Code, diagnostic: str) -> Message:
    """Return an error response with a diagnostic payload."""
    payload = diagnostic.encode()[:_LONGEST_DIAGNOSTIC].decode(errors="ignore").encode()
    return Message(code=code, payload=payload)
