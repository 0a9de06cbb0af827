"""The security store: all credentials in memory, and who may speak for what by them."""

from collections.abc import Collection, Iterator
from typing import TypeVar

from . import certificates
from .admission import Standing, Verdict, refusal, verdict
from .credentials import Credential, check
from .errors import InvalidCredential
from .identity import NOSEC, Identity, SecurityMode
from .registration import EndpointName

_Key = TypeVar("_Key")


class SecurityStore:
    """Credentials by id, identity and endpoint; every question is answered at once.

    One identity speaks for one endpoint. With `allow_nosec` an endpoint without a
    credential is admitted unproven.
    """

    def __init__(self, *, allow_nosec: bool = False) -> None:
        self._allow_nosec = allow_nosec
        self._by_id: dict[str, Credential] = {}
        # Ids. More than one for an identity: certificates of one name, one replacing another.
        self._by_identity: dict[Identity, list[str]] = {}
        self._by_endpoint: dict[EndpointName, list[str]] = {}
        self._authorities: list[str] = []
        # Who has shown a certificate of a CA that we trust with all names, and of which.
        self._vouched: dict[Identity, str] = {}

    def __iter__(self) -> Iterator[Credential]:
        return iter(list(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, credential: str) -> Credential | None:
        """Return a credential by its id."""
        return self._by_id.get(credential)

    def of(self, endpoint: EndpointName) -> tuple[Credential, ...]:
        """Return the credentials of an endpoint, oldest first."""
        return tuple(self._by_id[one] for one in self._by_endpoint.get(endpoint, ()))

    def check_new(self, credential: Credential, leaving: Collection[str] = ()) -> None:
        """Raise `InvalidCredential` where it is none, or its identity is taken.

        Those of the ids `leaving` are not counted: it is to take their place.
        """
        check(credential)
        held = [one for one in self._held(credential.identity) if one.id not in leaving]
        certificate = credential.identity.mode is SecurityMode.X509
        if any(one.endpoint != credential.endpoint or not certificate for one in held):
            raise InvalidCredential(
                f"{credential.identity.mode} identity {credential.identity.name!r} is taken:"
                " revoke its credential first, or choose another identity"
            )

    def put(self, credential: Credential) -> tuple[tuple[Identity, EndpointName], ...]:
        """Add a credential that `check_new` has passed; return who it displaces, and where.

        Those are not to go on: who spoke for its endpoint while that had no credential, and
        who has proven the same identity by the word of a CA alone.
        """
        displaced = self._displaced_by(credential)
        self._by_id[credential.id] = credential
        if credential.endpoint is not None:
            self._by_endpoint.setdefault(credential.endpoint, []).append(credential.id)
        if not credential.damaged and credential.endpoint is None:
            self._authorities.append(credential.id)
        elif not credential.damaged:
            self._by_identity.setdefault(credential.identity, []).append(credential.id)
        return displaced

    def _displaced_by(self, credential: Credential) -> tuple[tuple[Identity, EndpointName], ...]:
        endpoint = credential.endpoint
        if endpoint is None:
            return ()
        unproven = () if endpoint in self._by_endpoint else (NOSEC,)
        # Whom a CA vouched for before a restart is not known, but may be registered still.
        named = {
            who
            for who in (Identity(SecurityMode.X509, endpoint), credential.identity)
            if self._authorities and who.mode is SecurityMode.X509 and who not in self._by_identity
        }
        for who in named:
            self._vouched.pop(who, None)
        return (*((who, endpoint) for who in unproven), *((who, who.name) for who in named))

    def amend(self, credential: Credential) -> None:
        """Put the times of a credential that is there anew; who it is of stays."""
        self._by_id[credential.id] = credential

    def remove(self, credential: str) -> tuple[Identity, ...]:
        """Remove a credential; return the identities whose sessions are not to go on."""
        gone = self._by_id.pop(credential, None)
        if gone is None:
            return ()
        if gone.endpoint is None:
            if not gone.damaged:
                self._authorities.remove(gone.id)
            orphans = [who for who, by in self._vouched.items() if by == gone.id]
            for who in orphans:
                del self._vouched[who]
            return tuple(orphans)
        if not gone.damaged:
            _take(self._by_identity, gone.identity, gone.id)
        _take(self._by_endpoint, gone.endpoint, gone.id)
        return (gone.identity,)

    # --- who may speak ---------------------------------------------------------------------

    def admit(self, identity: Identity, endpoint: EndpointName) -> None:
        """Return where `identity` may speak for `endpoint`; raises `Forbidden` (4.03)."""
        if identity is NOSEC and self._allow_nosec and endpoint not in self._by_endpoint:
            return  # as the table says, told apart from it for each request of an open fleet
        found = verdict(
            self._standing(identity, endpoint),
            bound=endpoint in self._by_endpoint,
            allow_nosec=self._allow_nosec,
        )
        if found is not Verdict.ADMITTED:
            raise refusal(found, identity, endpoint)

    def may_stay(self, identity: Identity, endpoint: EndpointName) -> bool:
        """Whether what `identity` once registered for `endpoint` may stay registered.

        For whom a CA has vouched is not kept: its next handshake tells.
        """
        standing = self._standing(identity, endpoint)
        named = identity == Identity(SecurityMode.X509, endpoint)
        if standing is Standing.STRANGER and named and self._authorities:
            standing = Standing.NAMED
        bound = endpoint in self._by_endpoint
        return verdict(standing, bound=bound, allow_nosec=self._allow_nosec) is Verdict.ADMITTED

    def endpoint_of(self, identity: Identity) -> EndpointName | None:
        """Return the endpoint that an identity speaks for."""
        if held := self._by_identity.get(identity):
            return self._by_id[held[0]].endpoint
        return identity.name if identity in self._vouched else None

    def _standing(self, identity: Identity, endpoint: EndpointName) -> Standing:
        if identity.mode is SecurityMode.NOSEC:
            return Standing.UNPROVEN
        if held := self._by_identity.get(identity):
            own = self._by_id[held[0]].endpoint == endpoint
            return Standing.OWN if own else Standing.OTHER
        if identity not in self._vouched:
            return Standing.STRANGER
        return Standing.NAMED if identity.name == endpoint else Standing.MISNAMED

    # --- what a handshake asks -------------------------------------------------------------

    def psk(self, identity: str) -> bytes | None:
        """Return the pre-shared key of a PSK identity, None where there is none."""
        held = self._by_identity.get(Identity(SecurityMode.PSK, identity))
        return self._by_id[held[0]].secret if held else None

    def oscore(self, sender: str) -> bytes | None:
        """Return the master secret of an OSCORE sender id (hex), None where there is none."""
        held = self._by_identity.get(Identity(SecurityMode.OSCORE, sender))
        return self._by_id[held[0]].secret if held else None

    def peer_of_public_key(self, spki: bytes) -> Identity | None:
        """Return who has this raw public key, None for a stranger."""
        try:
            identity = certificates.identity_of_public_key(spki)
        except InvalidCredential:
            return None
        return identity if identity in self._by_identity else None

    def trusted(self) -> tuple[bytes, ...]:
        """Return the certificates (DER) that devices' certificates are, or are signed by."""
        return tuple(
            held.public for held in self._by_id.values() if held.identity.mode is SecurityMode.X509
        )

    def peer_of_certificate(self, der: bytes, now: float) -> Identity | None:
        """Return who presents this certificate, None for a stranger or out of its validity.

        Where credentials hold this very name, they alone count: a pinned certificate, or
        the CA that was named for it. Else a CA that is trusted with all names may vouch.
        """
        try:
            identity = certificates.identity_of_certificate(der)
            if not certificates.serves_a_client(der, now):
                return None
        except InvalidCredential:
            return None
        if held := self._held(identity):
            known = any(_proves(one, der, now) for one in held)
            return identity if known else None
        for authority in self._authorities:
            if _vouches_for(self._by_id[authority].public, der, now):
                self._vouched[identity] = authority
                return identity
        return None

    def _held(self, identity: Identity) -> list[Credential]:
        return [self._by_id[one] for one in self._by_identity.get(identity, ())]


def _proves(held: Credential, der: bytes, now: float) -> bool:
    if held.public == der:
        return True
    return held.vouches and _vouches_for(held.public, der, now)


def _vouches_for(authority: bytes, der: bytes, now: float) -> bool:
    # A CA's own certificate, or that of a CA below it, is no device's.
    return not certificates.is_authority(der) and certificates.issued_by(der, authority, now)


def _take(index: dict[_Key, list[str]], key: _Key, credential: str) -> None:
    index[key].remove(credential)
    if not index[key]:
        del index[key]
