"""Object 5, Firmware Update: its numbers (OMA-SUP-XML_5-V1_1-20201110-A)."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final

OBJECT_ID = 5


class Resource(IntEnum):
    """Resources of an instance of Object 5; there is no resource 4."""

    PACKAGE = 0
    PACKAGE_URI = 1
    UPDATE = 2
    STATE = 3
    UPDATE_RESULT = 5
    PKG_NAME = 6
    PKG_VERSION = 7
    PROTOCOL_SUPPORT = 8
    DELIVERY_METHOD = 9
    CANCEL = 10
    SEVERITY = 11
    LAST_STATE_CHANGE_TIME = 12
    MAXIMUM_DEFER_PERIOD = 13


class State(IntEnum):
    """5/0/3, set by the device alone."""

    IDLE = 0
    DOWNLOADING = 1
    DOWNLOADED = 2
    UPDATING = 3


class UpdateResult(IntEnum):
    """5/0/5."""

    INITIAL = 0
    SUCCESS = 1
    NO_STORAGE = 2
    OUT_OF_MEMORY = 3
    CONNECTION_LOST = 4
    INTEGRITY = 5
    UNSUPPORTED_PACKAGE = 6
    INVALID_URI = 7
    UPDATE_FAILED = 8
    UNSUPPORTED_PROTOCOL = 9
    CANCELLED = 10
    DEFERRED = 11


class DeliveryMethod(IntEnum):
    """5/0/9."""

    PULL = 0
    PUSH = 1
    BOTH = 2


class ProtocolSupport(IntEnum):
    """5/0/8: what the device can pull over; where the resource is absent, CoAP alone."""

    COAP = 0
    COAPS = 1
    HTTP = 2
    HTTPS = 3
    COAP_TCP = 4
    COAP_TLS = 5


COAP_SCHEMES: Final[Mapping[int, str]] = MappingProxyType(
    {
        ProtocolSupport.COAP: "coap",
        ProtocolSupport.COAPS: "coaps",
        ProtocolSupport.COAP_TCP: "coap+tcp",
        ProtocolSupport.COAP_TLS: "coaps+tcp",
    }
)
"""The URI scheme of each protocol of 5/0/8 that is CoAP's (RFC 7252, RFC 8323)."""
