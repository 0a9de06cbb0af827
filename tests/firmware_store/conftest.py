"""What the store's tests share: a disk, a key that is no secret, an artifact, a meta."""

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_store import Artifact, ImageKind, ImageMeta, ImageSlot, ImageVersion, SigningKey
from firmware_store.disk import Disk

MODEL = b"a model"


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "store")


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey("test", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture(scope="session")
def meta() -> ImageMeta:
    return ImageMeta(
        kind=ImageKind.MODULE,
        version=ImageVersion(1, 2, 3, 4),
        target="cortex-m4+dsp+fpv4-sp",
        model_name="digits",
        model_sha256=hashlib.sha256(MODEL).digest(),
        slot=ImageSlot(0xA8000, 0x28000, 0x20010000, 0x20000, 0x20030000, 0x1000),
    )


@pytest.fixture(scope="session")
def artifact() -> Artifact:
    return Artifact(
        key="0123456789abcdef" * 4,
        binary=bytes(range(200)),
        report={"flash": {"code": 1234}, "operators": [{"name": "CONV_2D", "macs": 5}]},
        sources={"model.c": "int tml_run(void);\n", "conv_2d.h": "/* é */\n"},
        vectors=((b"\x00\x01", b"\x7f"), (b"\xff\xfe", b"\x80")),
        model_sha256=hashlib.sha256(MODEL).hexdigest(),
        target="cortex-m4+dsp+fpv4-sp",
        provenance={"target": "mine", "toolchain": "ziglang 0.17.0"},
    )
