"""JSON of LwM2M 1.0 (OMA LwM2M 1.0 §6.4.4): the records of a draft of SenML, in an envelope.

It carries one path and what is below it: composite operations came with SenML.
"""

import json
from collections.abc import Sequence
from typing import Final

from ..errors import CodecError
from . import base64
from .payload import read_json
from .senml import Fields, Labels, SenML

_ENTRIES: Final = "e"
_BASE_NAME: Final = "bn"
_BASE_TIME: Final = "bt"


def _read(data: bytes) -> Sequence[object]:
    envelope = read_json(data, "JSON")
    entries = envelope.get(_ENTRIES) if isinstance(envelope, dict) else None
    if not isinstance(envelope, dict) or not isinstance(entries, list):
        raise CodecError(f"JSON of LwM2M is an object with an array {_ENTRIES!r} of values")
    base = {label: envelope[label] for label in (_BASE_NAME, _BASE_TIME) if label in envelope}
    first = entries[:1]
    if first and isinstance(first[0], dict):
        first = [base | first[0]]
    return [*first, *entries[1:]]


def _write(pack: Sequence[Fields]) -> bytes:
    envelope: Fields = {_ENTRIES: pack}
    if pack:
        envelope = {_BASE_NAME: pack[0].pop(_BASE_NAME), **envelope}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


CODEC: Final = SenML(
    name="JSON",
    labels=Labels(
        base_name=_BASE_NAME,
        base_time=_BASE_TIME,
        name="n",
        time="t",
        number="v",
        data="sv",  # §6.4.4: opaque is base 64 in a string
        string="sv",
        boolean="bv",
        object_link="ov",
    ),
    read=_read,
    write=_write,
    read_data=base64.read,
    write_data=base64.write,
    absolute_from=1.0,  # draft-jennings-senml §4: positive is since the epoch, negative from now
    finite=True,
)
