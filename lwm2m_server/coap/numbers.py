"""The numbers of CoAP, under the names of the registries (RFC 7252 §12)."""

from enum import IntEnum
from typing import Final

VERSION: Final = 1
PORT: Final = 5683
SECURE_PORT: Final = 5684


class Type(IntEnum):
    """§3, message types."""

    CON = 0
    NON = 1
    ACK = 2
    RST = 3


CON: Final = Type.CON
NON: Final = Type.NON
ACK: Final = Type.ACK
RST: Final = Type.RST
"""By themselves: an Enum takes longer to look one up than a comparison with it does."""


class Code(IntEnum):
    """§12.1, RFC 7959 §2.9, RFC 8132 §6, RFC 8516 §3: `c.dd` as `c << 5 | dd`."""

    EMPTY = 0x00
    GET = 0x01
    POST = 0x02
    PUT = 0x03
    DELETE = 0x04
    FETCH = 0x05
    PATCH = 0x06
    IPATCH = 0x07
    CREATED = 0x41
    DELETED = 0x42
    VALID = 0x43
    CHANGED = 0x44
    CONTENT = 0x45
    CONTINUE = 0x5F
    BAD_REQUEST = 0x80
    UNAUTHORIZED = 0x81
    BAD_OPTION = 0x82
    FORBIDDEN = 0x83
    NOT_FOUND = 0x84
    METHOD_NOT_ALLOWED = 0x85
    NOT_ACCEPTABLE = 0x86
    REQUEST_ENTITY_INCOMPLETE = 0x88
    CONFLICT = 0x89
    PRECONDITION_FAILED = 0x8C
    REQUEST_ENTITY_TOO_LARGE = 0x8D
    UNSUPPORTED_CONTENT_FORMAT = 0x8F
    UNPROCESSABLE_ENTITY = 0x96
    TOO_MANY_REQUESTS = 0x9D
    INTERNAL_SERVER_ERROR = 0xA0
    NOT_IMPLEMENTED = 0xA1
    BAD_GATEWAY = 0xA2
    SERVICE_UNAVAILABLE = 0xA3
    GATEWAY_TIMEOUT = 0xA4
    PROXYING_NOT_SUPPORTED = 0xA5


SAFE: Final = frozenset({Code.GET, Code.FETCH})
"""§5.1, RFC 8132 §2: requests that change nothing and may be made again."""


class Option(IntEnum):
    """§12.2, RFC 7641 §2, RFC 7959 §2.1 and §4, RFC 9175 §2.2.1 and §3.2.1."""

    IF_MATCH = 1
    URI_HOST = 3
    ETAG = 4
    IF_NONE_MATCH = 5
    OBSERVE = 6
    URI_PORT = 7
    LOCATION_PATH = 8
    OSCORE = 9
    URI_PATH = 11
    CONTENT_FORMAT = 12
    MAX_AGE = 14
    URI_QUERY = 15
    ACCEPT = 17
    LOCATION_QUERY = 20
    BLOCK2 = 23
    BLOCK1 = 27
    SIZE2 = 28
    PROXY_URI = 35
    PROXY_SCHEME = 39
    SIZE1 = 60
    ECHO = 252
    NO_RESPONSE = 258
    REQUEST_TAG = 292


def is_request(code: int) -> bool:
    """Whether `code` is of class 0 and not the empty message."""
    return 0 < code < 0x20


def is_success(code: int) -> bool:
    """Whether `code` is of class 2."""
    return code >> 5 == 2


def code_text(code: int) -> str:
    """Return the code as people write it, `2.05`."""
    return f"{code >> 5}.{code & 31:02}"
