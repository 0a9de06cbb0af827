"""Content formats (CoAP Content-Formats registry of IANA, RFC 7252 §12.3)."""

from enum import IntEnum


class ContentFormat(IntEnum):
    """The representations of LwM2M data; the value is the number on the wire."""

    TEXT = 0
    LINK = 40
    OPAQUE = 42
    CBOR = 60
    SENML_JSON = 110
    SENML_CBOR = 112
    SENML_ETCH_JSON = 320  # RFC 8790: the same records, named so for FETCH and iPATCH
    SENML_ETCH_CBOR = 322
    OLD_TLV = 1542  # of drafts before the registration; some clients never changed
    OLD_JSON = 1543
    TLV = 11542
    JSON = 11543
    LWM2M_CBOR = 11544
