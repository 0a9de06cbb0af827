"""What a build leaves in a folder: binary.bin, report.json, vectors.cbor and src/."""

import json
from pathlib import Path
from typing import Any

import cbor2

from .errors import CompileError
from .spec import Built

_BINARY = "binary.bin"
_REPORT = "report.json"
_VECTORS = "vectors.cbor"
_SOURCES = "src"


def write_artifact(built: Built, out: Path) -> None:
    """Write binary.bin, report.json, vectors.cbor and src/ into `out`, which is made."""
    sources = out / _SOURCES
    sources.mkdir(parents=True, exist_ok=True)
    for name, text in built.sources.items():
        (sources / name).write_text(text, "utf-8")
    (out / _BINARY).write_bytes(built.binary)
    (out / _REPORT).write_text(json.dumps(built.report, indent=2) + "\n", "utf-8")
    (out / _VECTORS).write_bytes(vectors_to_cbor(built.vectors))


def read_artifact(out: Path, line: dict[str, Any]) -> Built:
    """Read back what a worker wrote; `line` is its last one. Raises `CompileError`."""
    try:
        sources = sorted((out / _SOURCES).iterdir())
        return Built(
            key=str(line["key"]),
            binary=(out / _BINARY).read_bytes(),
            report=json.loads((out / _REPORT).read_text("utf-8")),
            sources={file.name: file.read_text("utf-8") for file in sources},
            vectors=vectors_from_cbor((out / _VECTORS).read_bytes()),
            model_sha256=str(line["model_sha256"]),
            target=str(line["target"]),
        )
    except (OSError, ValueError, KeyError) as fault:
        raise CompileError(f"the build left no whole artifact: {fault!r}") from fault


def vectors_to_cbor(vectors: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Return {"inputs": [bytes, ...], "outputs": [bytes, ...]} in CBOR."""
    inputs, outputs = ([pair[side] for pair in vectors] for side in (0, 1))
    return cbor2.dumps({"inputs": inputs, "outputs": outputs})


def vectors_from_cbor(data: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Read what `vectors_to_cbor` wrote. Raises `ValueError` for anything else."""
    try:
        found = cbor2.loads(data)
    except cbor2.CBORDecodeError as fault:
        raise ValueError(f"vectors are no CBOR: {fault}") from fault
    if not isinstance(found, dict):
        raise ValueError("vectors must be a map")  # noqa: TRY004 -- the data is at fault
    inputs, outputs = (_byte_strings(found.get(name)) for name in ("inputs", "outputs"))
    return tuple(zip(inputs, outputs, strict=True))


def _byte_strings(side: object) -> list[bytes]:
    strings = [item for item in side if isinstance(item, bytes)] if isinstance(side, list) else []
    if not isinstance(side, list) or len(strings) != len(side):
        raise ValueError("vectors must be lists of byte strings named inputs and outputs")
    return strings
