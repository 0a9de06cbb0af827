"""SenML JSON (RFC 8428 §5; OMA LwM2M Core 1.2 §7.4.4): how its records are written."""

import json
from collections.abc import Sequence
from typing import Final

from ..errors import CodecError
from . import base64
from .payload import read_json
from .senml import Fields, Labels, SenML


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
    labels=Labels(
        base_name="bn",
        base_time="bt",
        base_version="bver",
        base_value="bv",
        base_sum="bs",
        name="n",
        time="t",
        sum="s",
        number="v",
        string="vs",
        boolean="vb",
        data="vd",
        object_link="vlo",  # added by LwM2M
    ),
    read=_read,
    write=_write,
    read_data=base64.read,
    write_data=base64.write_url,  # RFC 8428 §4.3: the URL alphabet, without padding
    finite=True,
)
