"""Operators' own firmware: kept byte for byte, checked as far as it can be recognised."""

import hashlib
import struct
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from imgtool.main import imgtool

from firmware_store import Firmware, FirmwareFormat, ImageMeta, SigningKey
from firmware_store.disk import Disk
from firmware_store.errors import AlreadyExists, Damaged, InvalidImage, InvalidName, NotFound
from firmware_store.espidf import inspect_esp_idf, is_esp_idf
from firmware_store.firmware import FirmwareRoom
from firmware_store.image import sign


def zephyr_image(folder: Path, *options: str) -> bytes:
    """What Zephyr's build leaves as `zephyr.signed.bin`: a P-256 key, a 512-byte header."""
    private = ec.derive_private_key(12345, ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    (folder / "zephyr.bin").write_bytes(bytes(512) + b"program " * 100)
    command = ["sign", "--version", "2.1.0+7", "--header-size", "512", "--slot-size", "16384"]
    files = [str(folder / "zephyr.bin"), str(folder / "zephyr.signed.bin")]
    key = ["--key", str(folder / "key.pem")]
    result = CliRunner().invoke(imgtool, [*command, "--align", "4", *key, *options, *files])
    assert result.exit_code == 0, result.output
    return (folder / "zephyr.signed.bin").read_bytes()


def esp_image(segments: tuple[bytes, ...] = (b"", b"\x01" * 1000), *, hashed: bool = True) -> bytes:
    """An application image as ESP-IDF's build lays it out, in the words of its C structures."""
    descriptor = struct.pack(
        "<I I 8x 32s 32s 16s 16s 32s 32s 80x",
        0xABCD5432,
        0,
        b"v1.4.2",
        b"blinky",
        b"12:00:00",
        b"Jan  1 2026",
        b"v5.3",
        bytes(32),
    )
    assert len(descriptor) == 256
    bodies = (descriptor + segments[0], *segments[1:])
    image = struct.pack("<BBBBI", 0xE9, len(bodies), 2, 0x20, 0x40380000)
    image += struct.pack("<B3xH B H H 4x B", 0xEE, 5, 0, 0, 0xFFFF, hashed)
    assert len(image) == 24
    checksum = 0xEF
    for number, body in enumerate(bodies):
        image += struct.pack("<II", 0x3C000020 + 0x10000 * number, len(body)) + body
        for byte in body:
            checksum ^= byte
    image += bytes(15 - len(image) % 16) + bytes([checksum])
    return image + hashlib.sha256(image).digest() if hashed else image


def test_opaque_bytes(disk: Disk) -> None:
    room = FirmwareRoom(disk)
    entry = room.add(b"\x7fELF", name="thing", version="1.0", board="nrf52840dk", reports="1.0.0")
    assert entry == Firmware(
        name="thing",
        version="1.0",
        board="nrf52840dk",
        reports="1.0.0",
        format=FirmwareFormat.OPAQUE,
        sha256=hashlib.sha256(b"\x7fELF").hexdigest(),
        size=4,
    )
    assert room.get("thing", "1.0") == entry
    assert room.read("thing", "1.0") == b"\x7fELF"
    assert room.list() == (entry,)


def test_many_entries(disk: Disk) -> None:
    room = FirmwareRoom(disk)
    for name, version in [("b", "1"), ("a", "2"), ("a", "1")]:
        room.add(name.encode(), name=name, version=version)
    assert [(entry.name, entry.version) for entry in room.list()] == [
        ("a", "1"),
        ("a", "2"),
        ("b", "1"),
    ]


def test_an_entry_never_changes(disk: Disk) -> None:
    room = FirmwareRoom(disk)
    entry = room.add(b"one", name="thing", version="1.0")
    assert room.add(b"one", name="thing", version="1.0") == entry
    with pytest.raises(AlreadyExists, match=r"thing@1\.0"):
        room.add(b"two", name="thing", version="1.0")
    with pytest.raises(AlreadyExists):
        room.add(b"one", name="thing", version="1.0", reports="other")
    assert room.read("thing", "1.0") == b"one"


def test_no_entry(disk: Disk) -> None:
    with pytest.raises(NotFound, match="firmware add"):
        FirmwareRoom(disk).get("thing", "1.0")
    assert FirmwareRoom(disk).list() == ()


def test_damage_is_noticed(disk: Disk) -> None:
    room = FirmwareRoom(disk)
    room.add(b"one", name="thing", version="1.0")
    (disk.root / "firmware/thing/1.0/image.bin").write_bytes(b"two")
    with pytest.raises(Damaged):
        room.read("thing", "1.0")


def test_an_empty_file(disk: Disk) -> None:
    with pytest.raises(InvalidImage, match="0 B"):
        FirmwareRoom(disk).add(b"", name="thing", version="1.0")


@pytest.mark.parametrize("reports", ["", "x" * 256])
def test_a_report_is_short_text(disk: Disk, reports: str) -> None:
    with pytest.raises(InvalidName, match="255"):
        FirmwareRoom(disk).add(b"x", name="thing", version="1.0", reports=reports)


@pytest.mark.parametrize("options", [(), ("--pad",), ("--pad", "--confirm")])
def test_a_zephyr_image(disk: Disk, tmp_path: Path, options: tuple[str, ...]) -> None:
    entry = FirmwareRoom(disk).add(zephyr_image(tmp_path, *options), name="z", version="1")
    assert entry.format is FirmwareFormat.MCUBOOT
    assert entry.image_version == "2.1.0+7"
    covered = zephyr_image(tmp_path)[: 512 + 800]
    assert entry.image_hash == hashlib.sha256(covered).hexdigest()


def test_one_of_our_own(disk: Disk, key: SigningKey, meta: ImageMeta) -> None:
    image = sign(b"program", key, replace(meta, model_name="mine"))
    assert FirmwareRoom(disk).add(image, name="m", version="1").format is FirmwareFormat.MCUBOOT


def test_unsound_zephyr_images(disk: Disk, tmp_path: Path) -> None:
    image = zephyr_image(tmp_path)
    room = FirmwareRoom(disk)
    flipped = image[:600] + bytes([image[600] ^ 1]) + image[601:]
    with pytest.raises(InvalidImage, match="digest"):
        room.add(flipped, name="z", version="1")
    for size in range(4, len(image), 7):
        with pytest.raises(InvalidImage):
            room.add(image[:size], name="z", version="1")
    assert room.list() == ()


@pytest.mark.parametrize("hashed", [True, False])
@pytest.mark.parametrize("segments", [(b"",), (b"x" * 7, b"y" * 33), (b"",) * 16])
def test_an_esp_idf_image(disk: Disk, segments: tuple[bytes, ...], hashed: bool) -> None:
    image = esp_image(segments, hashed=hashed)
    room = FirmwareRoom(disk)
    entry = room.add(image, name="e", version="1")
    assert entry.format is FirmwareFormat.ESP_IDF
    assert (entry.image_version, entry.project) == ("v1.4.2", "blinky")
    assert (inspect_esp_idf(image).sha256 is not None) == hashed
    assert room.add(image + b"signature", name="e", version="signed").size == len(image) + 9


def test_an_esp_idf_image_cut_at_every_byte(disk: Disk) -> None:
    image = esp_image((b"", b"\x01" * 50))
    for size in range(0x24, len(image)):
        assert is_esp_idf(image[:size])
        with pytest.raises(InvalidImage):
            inspect_esp_idf(image[:size])


def test_no_changed_bit_of_an_esp_idf_image_passes() -> None:
    image = esp_image((b"", b"\x01" * 50))
    for bit in range(8 * len(image)):
        changed = bytearray(image)
        changed[bit // 8] ^= 1 << bit % 8
        if bit // 8 == 23:
            continue  # the flag that tells of the digest: without it, there is only the checksum
        if is_esp_idf(bytes(changed)):
            with pytest.raises(InvalidImage):
                inspect_esp_idf(bytes(changed))


def test_what_an_image_says_is_safe_to_show() -> None:
    image = esp_image(hashed=False).replace(b"blinky", b"\x1b[2J\xff\n")
    checksum = image[-1]
    for byte in b"blinky" + b"\x1b[2J\xff\n":
        checksum ^= byte
    app = inspect_esp_idf(image[:-1] + bytes([checksum]))
    assert app.project == "\ufffd[2J\ufffd\ufffd"


@pytest.mark.parametrize("count", [0, 17, 255])
def test_a_wrong_number_of_segments(count: int) -> None:
    image = bytearray(esp_image())
    image[1] = count
    with pytest.raises(InvalidImage, match=f"{count} segments"):
        inspect_esp_idf(bytes(image))


def test_other_images_of_the_magic_are_opaque(disk: Disk) -> None:
    entry = FirmwareRoom(disk).add(b"\xe9" + bytes(100), name="bootloader", version="1")
    assert entry.format is FirmwareFormat.OPAQUE


@given(st.binary(max_size=200))
def test_hostile_esp_idf_bytes(tail: bytes) -> None:
    head = esp_image()[:0x24]
    for data in (tail, head + tail, head[:1] + tail[:1] + head[2:] + tail):
        with suppress(InvalidImage):
            inspect_esp_idf(data)
