"""Which content format to speak with an endpoint (OMA LwM2M Core 1.2 §7.4)."""

from collections.abc import Iterator
from enum import Enum

from .registration import Registration


class Shape(Enum):
    """What a payload holds, which decides what can carry it."""

    ONE = "one resource or resource instance"
    BYTES = "one opaque resource or resource instance"
    TREE = "a multiple resource, an object instance or an object"
    COMPOSITE = "several paths"


def candidates(
    registration: Registration, shape: Shape, learned: int | None = None
) -> Iterator[int]:
    """Yield the formats to try, best first: the next one follows on a 4.06 or 4.15.

    First those of the endpoint's `ct`, then what it last answered or took (`learned`), then what
    its version makes mandatory or usual: 1.0 has TLV, text and opaque; 1.1 SenML CBOR or SenML
    JSON beside them; 1.2 LwM2M CBOR too. Never TLV for one resource unless nothing else is left
    (some clients refuse it), never a format that cannot carry `shape`.
    """
    raise NotImplementedError
