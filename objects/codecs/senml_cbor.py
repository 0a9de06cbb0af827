"""SenML CBOR (RFC 8428 §6; OMA LwM2M Core 1.2 §7.4.5): how its records are written."""

from collections.abc import Sequence
from typing import Final

import cbor2

from ..errors import CodecError, InvalidValue, shown
from .payload import read_cbor
from .senml import Field, Fields, SenML

# An array of maps of scalars; a decimal fraction is a tag around an array more.
_DEPTH: Final = 4


def _read(data: bytes) -> Sequence[object]:
    pack = read_cbor(data, "SenML", _DEPTH)
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
    labels={
        Field.BASE_NAME: -2,
        Field.BASE_TIME: -3,
        Field.BASE_VERSION: -1,
        Field.BASE_VALUE: -5,
        Field.BASE_SUM: -6,
        Field.NAME: 0,
        Field.TIME: 6,
        Field.SUM: 5,
        Field.NUMBER: 2,
        Field.STRING: 3,
        Field.BOOLEAN: 4,
        Field.DATA: 8,
        Field.OBJECT_LINK: "vlo",  # added by LwM2M, which had no number left
    },
    read=_read,
    write=_write,
    read_data=_bytes,
    write_data=bytes,
)
