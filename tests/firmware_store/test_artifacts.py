"""Artifacts come back as they were put, or not at all; images never change."""

import subprocess
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_store import Artifact, ImageMeta, ImageVersion, SigningKey
from firmware_store.artifacts import Artifacts
from firmware_store.disk import Disk
from firmware_store.errors import AlreadyExists, Damaged, InvalidImage, InvalidName, NotFound
from firmware_store.image import inspect

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None)
@given(
    key=st.binary(min_size=32, max_size=32),
    binary=st.binary(),
    report=st.dictionaries(st.text(), JSON),
    sources=st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,9}\.[ch]", fullmatch=True),
        st.text(st.characters(codec="utf-8")),
    ),
    vectors=st.lists(st.tuples(st.binary(), st.binary())),
    provenance=st.dictionaries(st.text(), JSON),
)
def test_round_trip(
    key: bytes,
    binary: bytes,
    report: dict[str, object],
    sources: dict[str, str],
    vectors: list[tuple[bytes, bytes]],
    provenance: dict[str, object],
) -> None:
    artifact = Artifact(
        key.hex(), binary, report, sources, tuple(vectors), "ab" * 32, "host", provenance
    )
    with TemporaryDirectory() as root:
        artifacts = Artifacts(Disk(Path(root)))
        assert artifact.key not in artifacts
        artifacts.put(artifact)
        assert artifact.key in artifacts
        assert artifacts.get(artifact.key) == artifact
        assert artifacts.list() == (artifact.key,)


def test_the_first_of_a_key_stays(disk: Disk, artifact: Artifact) -> None:
    artifacts = Artifacts(disk)
    artifacts.put(artifact)
    artifacts.put(replace(artifact, binary=b"other"))
    assert artifacts.get(artifact.key) == artifact


def test_what_was_never_built(disk: Disk, artifact: Artifact) -> None:
    with pytest.raises(NotFound, match=artifact.key):
        Artifacts(disk).get(artifact.key)
    assert Artifacts(disk).list() == ()


def test_a_source_stays_in_its_folder(disk: Disk, artifact: Artifact) -> None:
    with pytest.raises(InvalidName):
        Artifacts(disk).put(replace(artifact, sources={"../model.c": ""}))
    assert not disk.root.exists()


def test_every_changed_byte_is_noticed(disk: Disk, artifact: Artifact) -> None:
    artifacts = Artifacts(disk)
    artifacts.put(artifact)
    for path in (disk.root / "artifacts" / artifact.key).rglob("*"):
        if path.is_dir():
            continue
        whole = path.read_bytes()
        for at in range(len(whole)):
            changed = bytearray(whole)
            changed[at] ^= 1 << at % 8
            path.write_bytes(changed)
            with pytest.raises(Damaged):
                artifacts.get(artifact.key)
        path.write_bytes(whole)
    assert artifacts.get(artifact.key) == artifact


def test_a_damaged_artifact_is_mended_by_its_next_build(
    disk: Disk, artifact: Artifact, key: SigningKey, meta: ImageMeta
) -> None:
    artifacts = Artifacts(disk)
    artifacts.put(artifact)
    image = artifacts.signed(artifact.key, key, meta)
    (disk.root / "artifacts" / artifact.key / "binary.bin").write_bytes(b"damaged")
    with pytest.raises(Damaged):
        artifacts.signed(artifact.key, key, meta)
    artifacts.put(artifact)
    assert artifacts.get(artifact.key) == artifact
    assert artifacts.signed(artifact.key, key, meta) == image
    assert disk.names("tmp") == ()


def test_every_missing_file_is_noticed(disk: Disk, artifact: Artifact) -> None:
    artifacts = Artifacts(disk)
    artifacts.put(artifact)
    for path in (disk.root / "artifacts" / artifact.key).rglob("*"):
        if path.is_file():
            whole = path.read_bytes()
            path.unlink()
            with pytest.raises(Damaged):
                artifacts.get(artifact.key)
            path.write_bytes(whole)


def test_an_entry_can_be_checked_by_hand(disk: Disk, artifact: Artifact) -> None:
    Artifacts(disk).put(artifact)
    folder = disk.root / "artifacts" / artifact.key
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True)


def test_an_artifact_is_signed_once(
    disk: Disk, artifact: Artifact, key: SigningKey, meta: ImageMeta
) -> None:
    artifacts = Artifacts(disk)
    artifacts.put(artifact)
    with pytest.raises(NotFound, match="never signed"):
        artifacts.image(artifact.key, key.key_hash, "1.2.3+4", "digits")
    image = artifacts.signed(artifact.key, key, meta)
    assert artifacts.signed(artifact.key, key, meta) == image
    assert artifacts.image(artifact.key, key.key_hash, "1.2.3+4", "digits") == image
    assert inspect(image, key.public).meta == meta
    assert artifacts.get(artifact.key) == artifact


def test_versions_and_names_have_images_of_their_own(
    disk: Disk, artifact: Artifact, key: SigningKey, meta: ImageMeta
) -> None:
    artifacts = Artifacts(disk)
    artifacts.put(artifact)
    metas = [meta, replace(meta, version=ImageVersion(2)), replace(meta, model_name="other")]
    images = [artifacts.signed(artifact.key, key, meta) for meta in metas]
    assert len(set(images)) == 3
    for meta, image in zip(metas, images, strict=True):
        version = str(meta.version)
        assert artifacts.image(artifact.key, key.key_hash, version, meta.model_name) == image


def test_an_image_never_changes(
    disk: Disk, artifact: Artifact, key: SigningKey, meta: ImageMeta
) -> None:
    artifacts = Artifacts(disk)
    artifacts.put(artifact)
    artifacts.signed(artifact.key, key, meta)
    with pytest.raises(AlreadyExists, match="other target or slot"):
        artifacts.signed(artifact.key, key, replace(meta, target="cortex-m33"))


def test_a_damaged_image_is_not_handed_out(
    disk: Disk, artifact: Artifact, key: SigningKey, meta: ImageMeta
) -> None:
    artifacts = Artifacts(disk)
    artifacts.put(artifact)
    artifacts.signed(artifact.key, key, meta)
    (path,) = disk.root.rglob("image.bin")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Damaged, match=r"image\.bin"):
        artifacts.image(artifact.key, key.key_hash, "1.2.3+4", "digits")
    image = artifacts.signed(artifact.key, key, meta)
    assert artifacts.image(artifact.key, key.key_hash, "1.2.3+4", "digits") == image


def test_an_image_larger_than_its_slot(
    disk: Disk, artifact: Artifact, key: SigningKey, meta: ImageMeta
) -> None:
    artifacts = Artifacts(disk)
    artifacts.put(artifact)
    with pytest.raises(InvalidImage, match="its slot 400 B"):
        artifacts.signed(artifact.key, key, replace(meta, slot=replace(meta.slot, size=400)))
