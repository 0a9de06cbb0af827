"""Signing keys: made once, readable by their owner alone, of one kind."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import imgtool.keys
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from firmware_store.disk import Disk
from firmware_store.errors import AlreadyExists, InvalidKey, NotFound
from firmware_store.keys import Keys


def pem(
    private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    encryption: KeySerializationEncryption,
) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def test_a_key_is_what_imgtool_reads(disk: Disk) -> None:
    key = Keys(disk).new("fleet")
    path = disk.root / "keys" / "fleet.pem"
    read = imgtool.keys.load(str(path))
    assert read.get_public_bytes() == key.public_der
    assert hashlib.sha256(read.get_public_bytes()).digest() == key.key_hash
    assert key.public_der.endswith(key.public_raw)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keys(disk).load("fleet").public_raw == key.public_raw
    assert Keys(disk).list() == ("fleet",)


def test_a_key_does_not_show_itself(disk: Disk) -> None:
    assert "rivate" not in repr(Keys(disk).new())


def test_a_key_is_never_overwritten(disk: Disk) -> None:
    key = Keys(disk).new()
    with pytest.raises(AlreadyExists, match="default"):
        Keys(disk).new()
    assert Keys(disk).load().public_raw == key.public_raw


def test_no_key(disk: Disk) -> None:
    with pytest.raises(NotFound, match="tinymlaas keys new"):
        Keys(disk).load()
    assert Keys(disk).list() == ()


def test_all_who_ask_at_once_get_one_key(disk: Disk) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: Keys(disk).ensure(), range(16)))
    assert len({key.public_raw for key in keys}) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read(disk: Disk, mode: int) -> None:
    Keys(disk).new()
    (disk.root / "keys" / "default.pem").chmod(mode)
    with pytest.raises(InvalidKey, match="chmod 600"):
        Keys(disk).load()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no readable private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no readable"),
        (pem(ec.generate_private_key(ec.SECP256R1()), NoEncryption()), "no Ed25519"),
        (
            pem(ed25519.Ed25519PrivateKey.generate(), BestAvailableEncryption(b"secret")),
            "no readable private key",
        ),
    ],
)
def test_what_is_no_key(disk: Disk, content: bytes, message: str) -> None:
    disk.put_file("keys/default.pem", content, mode=0o600)
    with pytest.raises(InvalidKey, match=message):
        Keys(disk).load()
