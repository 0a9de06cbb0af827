"""Sealing what must not be read from the database: AES-256-GCM by a key that is not in it."""

import hashlib
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_SIZE: Final = 32
_VERSION: Final = b"\x01"
_NONCE: Final = 12  # bytes, SP 800-38D §5.2.1.1; random ones are good for 2**32 seals
_KEY_ID: Final = 4
_HEAD: Final = len(_VERSION) + _KEY_ID


class WrongKey(Exception):
    """Sealed by another key than this vault's."""


class Damaged(Exception):
    """Not what was sealed, or not about what it is said to be about."""


class Vault:
    """Seals and opens with one key of 32 bytes; `about` is bound to what is sealed.

    A seal tells by 4 bytes which key made it, so that a wrong key is told from damage.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError(f"a vault's key is {KEY_SIZE} bytes, not {len(key)}")
        self._cipher = AESGCM(key)
        self._head = _VERSION + hashlib.sha256(b"tinymlaas vault key\0" + key).digest()[:_KEY_ID]

    def seal(self, plaintext: bytes, about: tuple[str, ...]) -> bytes:
        """Return `plaintext` sealed; equal plaintexts give unequal seals."""
        nonce = secrets.token_bytes(_NONCE)
        return self._head + nonce + self._cipher.encrypt(nonce, plaintext, self._bound(about))

    def open(self, sealed: bytes, about: tuple[str, ...]) -> bytes:
        """Return what was sealed about `about`; raises `WrongKey` or `Damaged`."""
        if sealed[:1] != _VERSION or len(sealed) < _HEAD + _NONCE:
            raise Damaged
        if sealed[:_HEAD] != self._head:
            raise WrongKey
        nonce, body = sealed[_HEAD : _HEAD + _NONCE], sealed[_HEAD + _NONCE :]
        try:
            return self._cipher.decrypt(nonce, body, self._bound(about))
        except InvalidTag:
            raise Damaged from None

    def _bound(self, about: tuple[str, ...]) -> bytes:
        parts = [part.encode() for part in about]
        # Lengths, so that no two lists of texts are one.
        return self._head + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
