"""No name leaves its folder."""

from collections.abc import Callable
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_store import Store
from firmware_store.errors import InvalidName
from firmware_store.names import check_digest, check_name

HOSTILE = [
    "",
    ".",
    "..",
    "../x",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a\0b",
    "a\n",
    "-rf",
    ".x",
    "é",
    "x" * 65,
]


@given(st.text(max_size=80))
def test_a_name_is_one_component_or_refused(text: str) -> None:
    refused = None
    try:
        check_name("model", text)
    except InvalidName as error:
        refused = str(error)
    if refused is None:
        assert PurePosixPath(text).parts == (text,)
        assert text not in ("", ".", "..")
    else:
        assert "A-Z a-z 0-9 . _ + -" in refused
        assert refused.isprintable()
        assert len(refused) < 1200


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names(text: str) -> None:
    with pytest.raises(InvalidName, match="cannot name a key"):
        check_name("key", text)


@pytest.mark.parametrize("text", [*HOSTILE, "AB" * 32, "ab" * 31, "ab" * 33, "ab" * 32 + "\n"])
def test_hostile_digests(text: str) -> None:
    with pytest.raises(InvalidName, match="64 of 0-9 a-f"):
        check_digest("build key", text)


@pytest.mark.parametrize("text", ["digits", "v1.2.3+4", "_x", "a" * 64, "2.0.0-rc1"])
def test_usual_names(text: str) -> None:
    assert check_name("model", text) == text


DOORS: dict[str, Callable[[Store, str], object]] = {
    "artifact": lambda store, name: store.artifacts.get(name),
    "artifact there": lambda store, name: name in store.artifacts,
    "image": lambda store, name: store.artifacts.image("ab" * 32, bytes(32), "1.0.0", name),
    "image version": lambda store, name: store.artifacts.image("ab" * 32, bytes(32), name, "m"),
    "model": lambda store, name: store.zoo.get(name),
    "model to add": lambda store, name: store.zoo.add(name, b""),
    "variant to add": lambda store, name: store.zoo.add("x", b"", variant=name),
    "blob": lambda store, name: store.zoo.blob(name),
    "firmware": lambda store, name: store.firmware.get(name, "1"),
    "firmware version": lambda store, name: store.firmware.read("x", name),
    "firmware to add": lambda store, name: store.firmware.add(b"x", name=name, version="1"),
    "version to add": lambda store, name: store.firmware.add(b"x", name="x", version=name),
    "board": lambda store, name: store.firmware.add(b"x", name="x", version="1", board=name),
    "key": lambda store, name: store.keys.load(name),
    "key to make": lambda store, name: store.keys.new(name),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_is_guarded(door: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("root")
    store = Store(root / "store")
    before = sorted(root.rglob("*"))
    for name in HOSTILE:
        with pytest.raises(InvalidName):
            DOORS[door](store, name)
    assert sorted(root.rglob("*")) == before
