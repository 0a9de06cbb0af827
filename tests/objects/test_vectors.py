"""Every content format against bytes of the standard and against families of malformed ones."""

import tomllib
from pathlib import Path as File
from typing import Any

import pytest

from objects.codecs import ContentFormat, decode, encode
from objects.errors import CodecError
from objects.path import Path
from objects.registry import Registry
from objects.tree import Node, from_leaves, leaves
from objects.value import ObjectLink, Value

VECTORS = File(__file__).parent.parent / "vectors"

FORMATS = {
    "tlv": ContentFormat.TLV,
    "senml_cbor": ContentFormat.SENML_CBOR,
    "senml_json": ContentFormat.SENML_JSON,
    "lwm2m_json": ContentFormat.JSON,
    "lwm2m_cbor": ContentFormat.LWM2M_CBOR,
    "cbor": ContentFormat.CBOR,
    "text": ContentFormat.TEXT,
    "opaque": ContentFormat.OPAQUE,
}


# The formats of trees: here a payload that is cut short is not simply another value.
TREES = {name: FORMATS[name] for name in FORMATS if name not in {"text", "opaque", "cbor"}}


def rows(kind: str, formats: dict[str, ContentFormat] = FORMATS) -> list[Any]:
    return [
        pytest.param(content_format, row, id=f"{name}: {row['name']}")
        for name, content_format in formats.items()
        for row in tomllib.loads((VECTORS / f"{name}.toml").read_text())[kind]
    ]


def payload(row: dict[str, Any]) -> bytes:
    return row["text"].encode() if "text" in row else bytes.fromhex(row["hex"])


def value(told: Any) -> Value:
    if not isinstance(told, dict):
        return told
    return bytes.fromhex(told["opaque"]) if "opaque" in told else ObjectLink.parse(told["link"])


def node(row: dict[str, Any]) -> Node:
    told = ((Path.parse(path), value(one)) for path, one in row["values"].items())
    return from_leaves(Path.parse(row["path"]), told)


@pytest.mark.parametrize(("content_format", "row"), rows("case"))
@pytest.mark.proves("lwm2m-cbor")
def test_bytes_mean_the_tree_and_the_tree_is_written_so(
    content_format: int, row: dict[str, Any], registry: Registry
) -> None:
    base, data, tree = Path.parse(row["path"]), payload(row), node(row)
    assert row["clause"]
    assert decode(content_format, data, base, registry) == tree
    written = encode(content_format, base, tree, registry)
    assert decode(content_format, written, base, registry) == tree
    assert (written != data) == row.get("decode_only", False)


@pytest.mark.parametrize(("content_format", "row"), rows("malformed"))
def test_malformed_bytes_are_refused_with_a_reason(
    content_format: int, row: dict[str, Any], registry: Registry
) -> None:
    with pytest.raises(CodecError, match=row["says"]):
        decode(content_format, payload(row), Path.parse(row["path"]), registry)


@pytest.mark.parametrize(("content_format", "row"), rows("case", TREES))
def test_a_payload_cut_anywhere_is_refused_or_tells_less(
    content_format: int, row: dict[str, Any], registry: Registry
) -> None:
    base, data = Path.parse(row["path"]), payload(row).rstrip()
    whole = set(leaves(base, node(row)))
    for end in range(len(data)):
        try:
            less = set(leaves(base, decode(content_format, data[:end], base, registry)))
        except CodecError:
            continue
        # Only TLV at the end of a record of the first level: it does not tell how many follow.
        assert content_format == ContentFormat.TLV
        assert less < whole
