"""What is sealed is opened by its key, about what it was sealed for, or not at all."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.service.errors import UnusableSecret
from lwm2m_server.service.own_certificate import OwnCertificate
from lwm2m_server.service.secret_files import MasterKey
from lwm2m_server.service.vault import Damaged, Vault, WrongKey

VAULT = Vault(bytes(32))
TEXTS = st.lists(st.text(max_size=5), max_size=4).map(tuple)


@given(st.binary(max_size=100), TEXTS)
def test_what_was_sealed_comes_back(plaintext: bytes, about: tuple[str, ...]) -> None:
    sealed = VAULT.seal(plaintext, about)
    assert VAULT.open(sealed, about) == plaintext
    assert sealed != VAULT.seal(plaintext, about)
    with pytest.raises(WrongKey):
        Vault(b"\x01" * 32).open(sealed, about)


@given(TEXTS, TEXTS)
def test_a_seal_is_about_one_thing(about: tuple[str, ...], other: tuple[str, ...]) -> None:
    if about != other:
        with pytest.raises(Damaged):
            VAULT.open(VAULT.seal(b"key", about), other)


def test_no_byte_of_a_seal_can_change() -> None:
    sealed = VAULT.seal(b"key", ("dev",))
    for place in range(len(sealed)):
        spoilt = bytearray(sealed)
        spoilt[place] ^= 1
        with pytest.raises((Damaged, WrongKey)):
            VAULT.open(bytes(spoilt), ("dev",))
        with pytest.raises((Damaged, WrongKey)):
            VAULT.open(sealed[:place], ("dev",))


def test_a_master_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    key = MasterKey(tmp_path / "secrets" / "credentials.key")
    assert key.load() is None
    made = key.make()
    assert key.load() == made
    assert stat.S_IMODE(key.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.file.parent.stat().st_mode) == 0o700
    assert MasterKey(key.file, "5e" * 32).load() == b"\x5e" * 32


@pytest.mark.parametrize("text", ["", "5e" * 31, "zz" * 32, "5e" * 33])
def test_what_is_no_master_key_is_told_without_showing_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    for key in (MasterKey(file), MasterKey(tmp_path, text)):
        with pytest.raises(UnusableSecret, match="64 hexadecimal digits") as refused:
            key.load()
        assert not text or text not in str(refused.value)
        assert not text or text not in repr(key)


def test_the_own_certificate_is_made_once(tmp_path: Path) -> None:
    assert OwnCertificate.of(tmp_path) is None
    made = OwnCertificate.make(tmp_path)
    assert OwnCertificate.of(tmp_path) == made
    key = tmp_path / "server-key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert made.private_key.decode() not in repr(made)
    key.unlink()
    with pytest.raises(UnusableSecret, match=r"server-key\.pem cannot be read"):
        OwnCertificate.of(tmp_path)  # devices know the server by what is left


def test_a_certificate_whose_making_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    OwnCertificate.make(tmp_path)
    (tmp_path / "server-certificate.pem").unlink()
    assert OwnCertificate.of(tmp_path) is None
    assert OwnCertificate.make(tmp_path) == OwnCertificate.of(tmp_path)


def test_files_that_are_no_pair_are_named(tmp_path: Path) -> None:
    OwnCertificate.make(tmp_path / "1")
    OwnCertificate.make(tmp_path / "2")
    certificate, key = tmp_path / "1" / "server-certificate.pem", tmp_path / "2" / "server-key.pem"
    for pair, words in (
        ((certificate, key), "is not the private key of"),
        ((key, key), "holds no certificate"),
        ((certificate, certificate), "holds no private key"),
        ((tmp_path / "none", key), "cannot be read"),
    ):
        with pytest.raises(UnusableSecret, match=words):
            OwnCertificate.load(*pair)
