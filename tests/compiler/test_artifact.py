"""An artifact's folder: read back as written, and a broken one is an error."""

import json

import pytest

from compiler.artifact import read_artifact, vectors_from_cbor, vectors_to_cbor, write_artifact
from compiler.build import Built
from compiler.errors import CompileError

BUILT = Built(
    key="ab" * 32,
    binary=b"\x01\x02\x03",
    report={"flash": {"total": 3}},
    sources={"model.c": "int x;\n", "table.c": "int y;\n"},
    vectors=((b"in1", b"out1"), (b"in2", b"out2")),
    model_sha256="cd" * 32,
    target="cortex-m4",
)
LINE = {"ok": True, "key": "ab" * 32, "model_sha256": "cd" * 32, "target": "cortex-m4"}


def test_an_artifact_is_read_back_as_written(tmp_path) -> None:
    write_artifact(BUILT, tmp_path / "out")
    assert read_artifact(tmp_path / "out", LINE) == BUILT
    names = {file.relative_to(tmp_path / "out").as_posix() for file in tmp_path.rglob("*.*")}
    assert names == {
        *("binary.bin", "report.json", "vectors.cbor"),
        *("src/model.c", "src/table.c"),
    }
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == BUILT.report


@pytest.mark.parametrize("name", ["binary.bin", "report.json", "vectors.cbor"])
def test_a_missing_part_is_an_error(tmp_path, name) -> None:
    write_artifact(BUILT, tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(CompileError, match="no whole artifact"):
        read_artifact(tmp_path, LINE)


def test_a_missing_member_of_the_last_line_is_an_error(tmp_path) -> None:
    write_artifact(BUILT, tmp_path)
    with pytest.raises(CompileError, match="target"):
        read_artifact(tmp_path, {key: LINE[key] for key in LINE if key != "target"})


def test_vectors_are_lists_of_byte_strings_in_cbor() -> None:
    data = vectors_to_cbor(((b"a", b"bc"),))
    assert data == bytes.fromhex("a2 66696e70757473 81 4161 676f757470757473 81 426263")
    assert vectors_from_cbor(data) == ((b"a", b"bc"),)


@pytest.mark.parametrize(
    "data",
    ["", "80", "a0", "a2", "a2 66696e70757473 81 01 676f757470757473 81 01",
     "a2 66696e70757473 80 676f757470757473 81 4161", "a2 66696e70757473 f6 676f757470757473 80"],
)  # fmt: skip
def test_other_bytes_are_no_vectors(data) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        vectors_from_cbor(bytes.fromhex(data))
