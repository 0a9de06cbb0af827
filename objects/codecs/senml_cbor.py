"""SenML CBOR (RFC 8428 §6; OMA LwM2M Core 1.2 §7.4.5): how its records are written."""

from collections.abc import Sequence
from typing import Final

import cbor2

from ..errors import CodecError, InvalidValue, shown
from .cbor_item import CborReader
from .senml import Fields, Labels, SenML

# An array of maps of scalars; a decimal fraction is a tag around an array more.
_DEPTH: Final = 4


def _read(data: bytes) -> Sequence[object]:
    pack = CborReader(data, "SenML", _DEPTH).labelled()
    if not isinstance(pack, list):
        raise CodecError(f"SenML is an array of records, not {type(pack).__name__}")
    return pack


def _write(pack: Sequence[Fields]) -> bytes:
    data: bytes = cbor2.dumps(list(pack))
    return data


def _bytes(content: object) -> bytes:
    if not isinstance(content, bytes):
        raise InvalidValue(f"{shown(content)} is no byte string")
    return content


# RFC 8428 §6, Table 4: labels are numbers, and the base fields are the negative ones.
CODEC: Final = SenML(
    name="SenML",
    labels=Labels(
        base_name=-2,
        base_time=-3,
        base_version=-1,
        base_value=-5,
        base_sum=-6,
        name=0,
        time=6,
        sum=5,
        number=2,
        string=3,
        boolean=4,
        data=8,
        object_link="vlo",  # added by LwM2M, which had no number left
    ),
    read=_read,
    write=_write,
    read_data=_bytes,
    write_data=bytes,
)
