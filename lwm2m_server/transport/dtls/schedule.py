"""From a master secret to the keys of an association (RFC 5246 §5, §6.3)."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM


class Aead(Protocol):
    """What protects records; `decrypt` raises `InvalidTag`."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Return the ciphertext with its tag."""
        ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Return the plaintext."""
        ...


@dataclass(frozen=True, slots=True)
class Suite:
    """How a cipher suite protects records: its code point, sizes in bytes, its PRF's hash."""

    code: int
    aead: Callable[[bytes], Aead]
    key: int
    tag: int
    prf: str = "sha256"


_SALT: Final = 4  # bytes, RFC 5288 §3, RFC 6655 §3
_CCM: Final = partial(AESCCM, tag_length=16)
_CCM_8: Final = partial(AESCCM, tag_length=8)

# By the names that OpenSSL has for them (RFC 6655, RFC 7251, RFC 5487, RFC 5289).
SUITES: Final = {
    "PSK-AES128-CCM8": Suite(0xC0A8, _CCM_8, 16, 8),
    "PSK-AES128-GCM-SHA256": Suite(0x00A8, AESGCM, 16, 16),
    "PSK-AES128-CCM": Suite(0xC0A4, _CCM, 16, 16),
    "PSK-AES256-CCM8": Suite(0xC0A9, _CCM_8, 32, 8),
    "PSK-AES256-GCM-SHA384": Suite(0x00A9, AESGCM, 32, 16, "sha384"),
    "PSK-AES256-CCM": Suite(0xC0A5, _CCM, 32, 16),
    "ECDHE-ECDSA-AES128-CCM8": Suite(0xC0AE, _CCM_8, 16, 8),
    "ECDHE-ECDSA-AES128-GCM-SHA256": Suite(0xC02B, AESGCM, 16, 16),
    "ECDHE-ECDSA-AES128-CCM": Suite(0xC0AC, _CCM, 16, 16),
    "ECDHE-ECDSA-AES256-CCM8": Suite(0xC0AF, _CCM_8, 32, 8),
    "ECDHE-ECDSA-AES256-GCM-SHA384": Suite(0xC02C, AESGCM, 32, 16, "sha384"),
    "ECDHE-ECDSA-AES256-CCM": Suite(0xC0AD, _CCM, 32, 16),
}
"""The suites whose records `protection` protects, in the order of the server's preference."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What protects one direction: the cipher, and the implicit part of its nonce."""

    aead: Aead
    salt: bytes


def prf(hashed: str, secret: bytes, seed: bytes, size: int) -> bytes:
    """Return `size` bytes of P_hash (§5); `seed` begins with the label."""
    block, chain = b"", seed
    while len(block) < size:
        chain = hmac.digest(secret, chain, hashed)
        block += hmac.digest(secret, chain + seed, hashed)
    return block[:size]


def derive(
    suite: Suite, master: bytes, client_random: bytes, server_random: bytes
) -> tuple[Keys, Keys]:
    """Return what protects the client's records and what protects the server's."""
    # §6.3, without MAC keys: client's key, server's key, client's salt, server's salt.
    salts = 2 * suite.key
    seed = b"key expansion" + server_random + client_random
    block = prf(suite.prf, master, seed, salts + 2 * _SALT)
    return (
        Keys(suite.aead(block[: suite.key]), block[salts : salts + _SALT]),
        Keys(suite.aead(block[suite.key : salts]), block[salts + _SALT :]),
    )
