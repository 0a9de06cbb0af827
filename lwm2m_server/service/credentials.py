"""Who devices are, and who may speak for which endpoint."""

from ..protocol.identity import Identity
from ..protocol.registration import EndpointName
from ..protocol.security_store import SecurityStore
from .ports import Clock


class CredentialService:
    """Implements `Admission` and `Keyring` from memory."""

    def __init__(self, clock: Clock, *, allow_nosec: bool = False) -> None:
        self._clock = clock
        self.store = SecurityStore(allow_nosec=allow_nosec)

    def admit(self, identity: Identity, endpoint: EndpointName) -> None:
        """Return where `identity` may speak for `endpoint`; raises `Forbidden` (4.03)."""
        self.store.admit(identity, endpoint)

    def endpoint_of(self, identity: Identity) -> EndpointName | None:
        """Return the endpoint that `identity` speaks for, None where it is known by nothing."""
        return self.store.endpoint_of(identity)

    def psk(self, identity: str) -> bytes | None:
        """Return the pre-shared key of a PSK identity, None where there is none."""
        return self.store.psk(identity)

    def peer_of_certificate(self, der: bytes) -> Identity | None:
        """Return who presents this certificate, None for a stranger or out of its validity."""
        return self.store.peer_of_certificate(der, self._clock.now())

    def peer_of_public_key(self, spki: bytes) -> Identity | None:
        """Return who has this raw public key, None for a stranger."""
        return self.store.peer_of_public_key(spki)

    def own_certificate(self) -> tuple[bytes, bytes] | None:
        """Return the server's certificate chain and private key (PEM), None where it has none."""
        return None
