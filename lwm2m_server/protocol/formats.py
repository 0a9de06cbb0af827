"""Which content format to speak with an endpoint (OMA LwM2M Core 1.2 §7.4)."""

from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from objects.codecs import ContentFormat, supported

from .registration import Registration


class Shape(Enum):
    """What a payload holds, which decides what can carry it."""

    ONE = "one resource or resource instance"
    BYTES = "one opaque resource or resource instance"
    TREE = "a multiple resource, an object instance or an object"
    COMPOSITE = "several paths"


TEXT, OPAQUE, CBOR = ContentFormat.TEXT, ContentFormat.OPAQUE, ContentFormat.CBOR
SENML_CBOR, SENML_JSON = ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON
LWM2M_CBOR, JSON, TLV = ContentFormat.LWM2M_CBOR, ContentFormat.JSON, ContentFormat.TLV
OLD_TLV, OLD_JSON = ContentFormat.OLD_TLV, ContentFormat.OLD_JSON

_Formats = tuple[ContentFormat, ...]

# What can carry each shape, what says most in the fewest bytes first. Text and opaque come late
# for reading: text rounds some clients' numbers. TLV comes last for one resource, which some
# clients refuse in it.
_TREES: Final[_Formats] = (SENML_CBOR, LWM2M_CBOR, SENML_JSON, TLV, JSON, OLD_TLV, OLD_JSON)
_CARRY: Final[Mapping[Shape, _Formats]] = MappingProxyType(
    {
        Shape.ONE: (SENML_CBOR, LWM2M_CBOR, SENML_JSON, CBOR, TEXT, JSON, TLV),
        Shape.BYTES: (OPAQUE, SENML_CBOR, LWM2M_CBOR, SENML_JSON, CBOR, JSON, TLV),
        Shape.TREE: _TREES,
        Shape.COMPOSITE: (SENML_CBOR, LWM2M_CBOR, SENML_JSON),
    }
)

# §7.4: what a version makes mandatory or usual, by its first two numbers; a later version reads
# what an earlier one does, TLV and JSON too.
_OF_1_0: Final = frozenset({TEXT, OPAQUE, TLV, JSON, OLD_TLV, OLD_JSON})
_OF_1_1: Final = _OF_1_0 | {SENML_CBOR, SENML_JSON, CBOR}
_OF_1_2: Final = _OF_1_1 | {LWM2M_CBOR}
_USUAL: Final = MappingProxyType({"1.0": _OF_1_0, "1.1": _OF_1_1, "1.2": _OF_1_2})

# Every client reads one value in these, and more than one has nothing else for writing.
_PLAIN: Final = MappingProxyType({Shape.ONE: (TEXT,), Shape.BYTES: (OPAQUE,)})


def to_read(
    registration: Registration, shape: Shape, learned: int | None = None
) -> Iterator[int | None]:
    """Yield what to accept, best first: the next one follows on a 4.06.

    First what the endpoint answered in after it had refused another (`learned`), then those of
    its `ct`, then what its version makes usual, and at last None: whatever it likes. A 1.0
    endpoint that told nothing is asked so at once for one resource, of which TLV is unusual.
    """
    formats = _ordered(registration, shape, learned)
    if shape is Shape.ONE and learned is None and not _told(registration, shape):
        old = registration.lwm2m_version == "1.0"
        return iter((None, *formats) if old else (*formats, None))
    return iter((*formats, None))


def to_write(registration: Registration, shape: Shape, learned: int | None = None) -> Iterator[int]:
    """Yield what to write in, best first: the next one follows on a 4.15.

    As `to_read`, but for one value: text or opaque first, which every client reads.
    """
    plain = () if learned is not None else _PLAIN.get(shape, ())
    return iter(dict.fromkeys((*plain, *_ordered(registration, shape, learned))))


def _ordered(registration: Registration, shape: Shape, learned: int | None) -> tuple[int, ...]:
    usual = _USUAL.get(registration.lwm2m_version, _OF_1_0)
    known = supported()
    able = _CARRY[shape]
    found = dict.fromkeys(() if learned is None else (learned,))
    found |= dict.fromkeys(_told(registration, shape))
    found |= dict.fromkeys(one for one in able if one in usual)
    return tuple(one for one in found if one in able and one in known)


def _told(registration: Registration, shape: Shape) -> Collection[int]:
    """Return those of the endpoint's `ct` that carry the shape: it is a set, without an order."""
    return [one for one in _CARRY[shape] if one in registration.content_formats]
