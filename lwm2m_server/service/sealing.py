"""Credentials as storage keeps them, and back: everything but what they are found by is sealed."""

import json
from collections.abc import Sequence
from dataclasses import replace

from ..protocol.credentials import Credential, Use
from ..protocol.identity import Identity
from .errors import UnusableSecret
from .records import SealedCredential
from .secret_files import MasterKey
from .vault import Damaged, Vault, WrongKey


class Sealer:
    """Seals and opens credentials with one master key."""

    def __init__(self, vault: Vault, where: str) -> None:
        self._vault = vault
        self._where = where

    @classmethod
    def of(cls, master_key: MasterKey, stored: Sequence[SealedCredential]) -> "Sealer":
        """Return the sealer for what is stored; the key is made where nothing is stored yet.

        Raises `UnusableSecret` where the key is not there or not the one that sealed them.
        """
        key = master_key.load()
        if key is None and stored:
            raise UnusableSecret(
                f"{master_key.where} is not there, the key that {len(stored)} stored credentials"
                " are sealed with; put it back (a backup, TINYMLAAS_SECRET_KEY_FILE)."
                " Nothing was changed"
            )
        return cls(Vault(key or master_key.make()), master_key.where)

    def seal(self, credential: Credential, use: Use) -> SealedCredential:
        """Return what storage may see of a credential, and what it is good for."""
        identity = credential.identity
        content = {
            "public": credential.public.hex(),
            "secret": credential.secret.hex(),
            "created_at": credential.created_at,
            "replaces": credential.replaces,
            "retires_at": credential.retires_at,
        }
        bare = SealedCredential(
            credential.id, credential.endpoint, identity.mode, identity.name, b"", use
        )
        sealed = self._vault.seal(json.dumps(content).encode(), _about(bare))
        return replace(bare, sealed=sealed)

    def open(self, stored: SealedCredential) -> Credential:
        """Return a credential, `damaged` where its seal is; raises `UnusableSecret`."""
        identity = Identity(stored.mode, stored.identity)
        try:
            content = json.loads(self._vault.open(stored.sealed, _about(stored)))
        except Damaged:
            return Credential(stored.id, stored.endpoint, identity, 0.0, damaged=True)
        except WrongKey:
            raise UnusableSecret(
                f"{self._where} is not the key that the stored credentials are sealed with;"
                " put the right one back. Nothing was changed"
            ) from None
        content |= {part: bytes.fromhex(content[part]) for part in ("public", "secret")}
        return Credential(stored.id, stored.endpoint, identity, **content)


def _about(stored: SealedCredential) -> tuple[str, ...]:
    whose = ("all",) if stored.endpoint is None else ("one", stored.endpoint)
    # Of those for management nothing is said, as there was one use when they were first sealed.
    use = () if stored.use is Use.MANAGEMENT else (stored.use.value,)
    return (stored.id, stored.mode.value, stored.identity, *whose, *use)
