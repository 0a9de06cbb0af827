"""Images: what imgtool lays out is what we read, and no changed byte passes."""

import hashlib
from contextlib import suppress
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from imgtool.image import Image, VerifyResult
from imgtool.keys import Ed25519Public

import device_sim.image
from firmware_store import ImageKind, ImageMeta, ImageSlot, ImageVersion, SigningKey
from firmware_store.errors import InvalidImage
from firmware_store.image import HEADER_SIZE, image_hash, inspect, overhead, sign

PAYLOAD = bytes(range(256)) * 2
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))

U32 = st.integers(0, 0xFFFFFFFF)
NAMES = st.text(st.characters(codec="utf-8"), max_size=40)
METAS = st.builds(
    ImageMeta,
    kind=st.sampled_from(ImageKind),
    version=st.builds(
        ImageVersion, st.integers(0, 255), st.integers(0, 255), st.integers(0, 65535), U32
    ),
    target=NAMES,
    model_name=NAMES,
    model_sha256=st.binary(min_size=32, max_size=32),
    slot=st.builds(ImageSlot, U32, st.just(0xFFFFFFFF), U32, U32, U32, U32),
)


@settings(deadline=None)
@given(payload=st.binary(min_size=1, max_size=5000), meta=METAS)
def test_an_image_says_what_was_meant(payload: bytes, meta: ImageMeta, key: SigningKey) -> None:
    image = sign(payload, key, meta)
    assert len(image) == len(payload) + overhead(meta.kind, meta.target, meta.model_name)
    assert image == sign(payload, key, meta)
    info = inspect(image, key.public)
    assert info.meta == meta
    assert info.version == meta.version
    assert info.load == meta.slot.load
    assert info.header_size == HEADER_SIZE[meta.kind]
    assert image[info.header_size :][: info.payload_size] == payload
    assert (info.hash_ok, info.signature_ok, info.trailing) == (True, True, 0)
    assert info.key_hash == key.key_hash
    assert info.hash == image_hash(image)


def test_bytes_of_an_image(key: SigningKey, meta: ImageMeta) -> None:
    """What devices in the field have read must be made again by every later version."""
    image = sign(PAYLOAD, key, meta)
    assert image[:32].hex() == (
        "3db8f396"  # magic
        "00800a00"  # load address
        "2000"  # header size
        "7000"  # protected TLVs
        "00020000"  # payload
        "00010000"  # fixed address
        "0102030004000000"  # 1.2.3+4
        "00000000"
    )
    protected = image[32 + len(PAYLOAD) :][:0x70].hex()
    assert protected == (
        "08697000"
        f"a0002000{meta.model_sha256.hex()}"
        f"a1001500{b'cortex-m4+dsp+fpv4-sp'.hex()}"
        "a2001c00"
        "00800a00"
        "00800200"
        "00000120"
        "00000200"
        "00000320"
        "00100000"
        "00800a00"
        f"a3000600{b'digits'.hex()}"
        "a400010001"
    )
    digest = hashlib.sha256(image[: 32 + len(PAYLOAD) + 0x70]).digest()
    assert image[32 + len(PAYLOAD) + 0x70 :].hex() == (
        "07699000"
        f"10002000{digest.hex()}"
        f"01002000{key.key_hash.hex()}"
        f"24004000{key.private.sign(digest).hex()}"
    )


@pytest.mark.parametrize("kind", ImageKind)
def test_imgtool_accepts_it(
    kind: ImageKind, key: SigningKey, meta: ImageMeta, tmp_path: Path
) -> None:
    path = tmp_path / "image.bin"
    path.write_bytes(sign(PAYLOAD, key, replace(meta, kind=kind)))
    result, version, digest, *_ = Image.verify(str(path), Ed25519Public(key.public))
    assert result == VerifyResult.OK
    assert version == (1, 2, 3, 4)
    assert digest == image_hash(path.read_bytes())


@pytest.mark.parametrize("kind", ImageKind)
def test_the_device_accepts_it(kind: ImageKind, key: SigningKey, meta: ImageMeta) -> None:
    """By a reader that shares no code with ours."""
    image = sign(PAYLOAD, key, replace(meta, kind=kind))
    read = device_sim.image.Image.read(image)
    device_sim.image.TrustedKey.load(key.public_der).check(read)
    assert read.payload == PAYLOAD
    assert read.sha256 == image_hash(image)
    assert (read.kind, read.target, read.model_name) == (kind, meta.target, meta.model_name)
    assert str(read.version) == str(meta.version)
    slot = meta.slot
    assert read.slot == (*astuple(slot)[:6], slot.load)
    assert read.size == len(image)


def test_signing_says_nothing_on_standard_output(
    key: SigningKey, meta: ImageMeta, capsys: pytest.CaptureFixture[str]
) -> None:
    sign(PAYLOAD, key, meta)
    assert capsys.readouterr() == ("", "")


def test_cut_at_every_byte(key: SigningKey, meta: ImageMeta) -> None:
    image = sign(PAYLOAD, key, meta)
    for size in range(len(image)):
        with pytest.raises(InvalidImage):
            inspect(image[:size])
    assert inspect(image + b"\xff" * 9).trailing == 9


def test_no_changed_bit_passes(key: SigningKey, meta: ImageMeta) -> None:
    image = sign(PAYLOAD[:8], key, meta)
    for bit in range(8 * len(image)):
        changed = bytearray(image)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            info = inspect(bytes(changed), key.public)
        except InvalidImage:
            continue
        assert (info.hash_ok, info.signature_ok, info.key_hash) != (True, True, key.key_hash)


def test_another_key(key: SigningKey, meta: ImageMeta) -> None:
    image = sign(PAYLOAD, key, meta)
    assert inspect(image).signature_ok is None
    assert inspect(image, OTHER.public_key()).signature_ok is False


@given(st.binary(max_size=300))
def test_hostile_bytes(data: bytes) -> None:
    for candidate in (data, bytes.fromhex("3db8f396") + data):
        try:
            info = inspect(candidate)
        except InvalidImage:
            continue
        assert info.header_size + info.payload_size <= len(candidate)


@given(data=st.data())
def test_hostile_headers(data: st.DataObject, key: SigningKey, meta: ImageMeta) -> None:
    """Any field of header and TLV areas may hold any number; nothing but `InvalidImage` results."""
    image = bytearray(sign(PAYLOAD[:16], key, meta))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(image) - 4))
        image[at : at + 4] = data.draw(st.sampled_from([b"\0" * 4, b"\xff" * 4, image[4:8]]))
    with suppress(InvalidImage):
        inspect(bytes(image), key.public)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_sha256": b"short"}, "32 bytes, not 5"),
        ({"slot": ImageSlot(1 << 32, 0x1000, 0, 0, 0, 0)}, "32-bit"),
        ({"slot": ImageSlot(0, 0x1000, -1, 0, 0, 0)}, "32-bit"),
        ({"slot": ImageSlot(0, 700, 0, 0, 0, 0)}, "800 B, its slot 700 B"),
    ],
)
def test_what_cannot_be_said(
    change: dict[str, object], message: str, key: SigningKey, meta: ImageMeta
) -> None:
    with pytest.raises(InvalidImage, match=message):
        sign(PAYLOAD, key, replace(meta, **change))


def test_an_image_needs_a_payload(key: SigningKey, meta: ImageMeta) -> None:
    with pytest.raises(InvalidImage, match="payload"):
        sign(b"", key, meta)


def test_the_data_address_where_it_differs(key: SigningKey, meta: ImageMeta) -> None:
    apart = replace(meta, slot=replace(meta.slot, data=0x3C000000))
    assert inspect(sign(PAYLOAD, key, apart)).meta == apart


@given(METAS)
def test_versions_are_read_as_they_are_written(meta: ImageMeta) -> None:
    assert ImageVersion.parse(str(meta.version)) == meta.version


@pytest.mark.parametrize(
    "text",
    ["", "x", "1.", "1.2.3.4", "-1", "256", "1.256", "1.2.65536", "1.2.3+4294967296", "\uff11"],
)
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(InvalidImage, match="version"):
        ImageVersion.parse(text)


def test_short_versions() -> None:
    assert ImageVersion.parse("2") == ImageVersion(2)
    assert ImageVersion.parse("2.1") == ImageVersion(2, 1)
    assert str(ImageVersion(2, 1)) == "2.1.0"
