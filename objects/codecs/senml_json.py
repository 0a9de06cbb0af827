"""SenML JSON (RFC 8428 §5; OMA LwM2M Core 1.2 §7.4.4): how its records are written."""

import json
from collections.abc import Sequence
from typing import Final

from ..errors import CodecError
from . import base64
from .payload import read_json
from .senml import Field, Fields, SenML


def _read(data: bytes) -> Sequence[object]:
    pack = read_json(data, "SenML")
    if not isinstance(pack, list):
        raise CodecError(f"SenML is an array of records, not {type(pack).__name__}")
    return pack


def _write(pack: Sequence[Fields]) -> bytes:
    return json.dumps(pack, ensure_ascii=False, separators=(",", ":")).encode()


# RFC 8428 §4.3, Table 1.
CODEC: Final = SenML(
    name="SenML",
    labels={
        Field.BASE_NAME: "bn",
        Field.BASE_TIME: "bt",
        Field.BASE_VERSION: "bver",
        Field.BASE_VALUE: "bv",
        Field.BASE_SUM: "bs",
        Field.NAME: "n",
        Field.TIME: "t",
        Field.SUM: "s",
        Field.NUMBER: "v",
        Field.STRING: "vs",
        Field.BOOLEAN: "vb",
        Field.DATA: "vd",
        Field.OBJECT_LINK: "vlo",  # added by LwM2M
    },
    read=_read,
    write=_write,
    read_data=base64.read,
    write_data=base64.write_url,  # RFC 8428 §4.3: the URL alphabet, without padding
    finite=True,
)
