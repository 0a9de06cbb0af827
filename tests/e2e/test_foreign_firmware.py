"""Firmware that operators built themselves, made here by imgtool alone, goes through Object 5."""

import functools
import hashlib
import operator
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .scene import Scene, scene

APP, APP_SIZE, HEADER = 0x8000, 0x50000, 0x200
# Stack pointer, reset vector, empty vectors; then WFI, and a branch back to it.
CODE = APP + HEADER + 0x40
PROGRAM = struct.pack("<16I", 0x20004000, CODE | 1, *([0] * 14)) + bytes.fromhex("30bffde7")
PROGRAM += bytes(6000)  # so that it takes several blocks
SLOT = struct.pack("<7I", APP, APP_SIZE, 0x20010000, 0x20000, 0x20032000, 0x1000, APP)
FORMATS = {"opaque": "opaque", "esp-idf": "esp-idf"}
OURS = {"0x00a1": "cortex-m4", "0x00a2": f"0x{SLOT.hex()}", "0x00a4": "0x02"}


def pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def signed(folder: Path, key: Ed25519PrivateKey | None, version: str, **tlvs: str) -> bytes:
    """Return what `imgtool sign` makes of the program."""
    (folder / "key.pem").write_bytes(pem(key) if key else b"")
    (folder / "program.bin").write_bytes(PROGRAM)
    options = [f"--header-size={HEADER:#x}", "--pad-header", f"--rom-fixed={APP:#x}", "--align=4"]
    options += [f"--version={version}", f"--slot-size={APP_SIZE:#x}"]
    options += [f"--key={folder / 'key.pem'}", "--public-key-format=hash"] if key else []
    for tag, value in tlvs.items():
        options += ["--custom-tlv", tag, value]
    subprocess.run(
        [sys.executable, "-m", "imgtool.main", "sign", *options, "program.bin", "signed.bin"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return (folder / "signed.bin").read_bytes()


def esp_idf(code: bytes) -> bytes:
    """Return an application image of ESP-IDF for an ESP32-C3 (chip 5), hash included."""
    descriptor = struct.pack("<I", 0xABCD5432) + bytes(252)
    segment = descriptor + code
    image = struct.pack("<BBBBI", 0xE9, 1, 2, 0x20, 0x40380000)
    image += struct.pack("<B3xHBHH4xB", 0xEE, 5, 0, 0, 0xFFFF, 1)
    image += struct.pack("<II", 0x3C000020, len(segment)) + segment
    image += bytes(15 - len(image) % 16)
    image += bytes((functools.reduce(operator.xor, segment, 0xEF),))
    return image + hashlib.sha256(image).digest()


async def deliver(at: Scene, name: str, delivery: str) -> tuple[str, str | None]:
    ended = await at.deployed(firmware=f"{name}@1", via="firmware", delivery=delivery)
    return ended["outcome"], ended["reason"]


@pytest.mark.parametrize("delivery", ["pull", pytest.param("push", marks=pytest.mark.slow)])
async def test_an_image_of_imgtool_s_is_delivered_booted_and_known_by_what_it_reports(
    tmp_path: Path, delivery: str
) -> None:
    async with scene(tmp_path) as at:
        image = signed(tmp_path, at.store.keys.load().private, "2.3.4", **OURS)
        kept = await at.server.add_firmware("app", image, board="sim-m4", reports="2.3.4")
        assert kept["format"] == "mcuboot"
        assert await deliver(at, "app", delivery) == ("succeeded", None)
        assert at.device.firmware_version == "2.3.4"
        assert (at.device.executes_accepted, at.device.boots) == (1, 2)


@pytest.mark.slow
async def test_what_the_device_does_not_trust_or_know_fails_with_its_result(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as at:
        ours = at.store.keys.load().private
        images = {
            "stranger": (signed(tmp_path, Ed25519PrivateKey.generate(), "2.0.0", **OURS), 5),
            "unsigned": (signed(tmp_path, None, "2.0.0", **OURS), 5),
            "for-nobody": (signed(tmp_path, ours, "2.0.0"), 6),
            "opaque": (b"no image at all " * 400, 6),
            "esp-idf": (esp_idf(bytes(2000)), 6),
        }
        for number, (name, (image, result)) in enumerate(images.items()):
            kept = await at.server.add_firmware(name, image, board="sim-m4", reports="2.0.0")
            assert kept["format"] == FORMATS.get(name, "mcuboot")
            outcome, reason = await deliver(at, name, ("push", "pull")[number % 2])
            assert (name, outcome) == (name, "failed")
            assert f"(Result {result})" in (reason or "")
            assert await at.resource("/5/0/3") == 0
        assert (at.device.executes_accepted, at.device.boots) == (0, 1)
        assert at.device.firmware_version == "1.0.0"
