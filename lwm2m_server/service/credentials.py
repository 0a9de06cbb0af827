"""Who devices are, and who may speak for which endpoint: the security store, made durable."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final

import structlog

from objects.tree import ObjectInstance

from ..protocol import certificates
from ..protocol.admission import described
from ..protocol.credentials import Credential, Use
from ..protocol.errors import InvalidCredential
from ..protocol.events import EventKind
from ..protocol.identity import Identity, SecurityMode
from ..protocol.registration import EndpointName
from ..protocol.security_object import MODES, security_instance
from ..protocol.security_store import SecurityStore
from .errors import Conflict, InvalidInput, NotFound
from .issuing import NewCredential, issue, next_identity
from .own_certificate import OwnCertificate
from .ports import Clock, EventSink
from .refusals import Refusals
from .repositories import CredentialRepository
from .sealing import Sealer
from .secret_files import MasterKey
from .views import CredentialView, IssuedCredential

KEEP: Final = 7 * 24 * 3600.0
"""Seconds for which a replaced key stays good, unless its device uses the new one before."""

_LONGEST_SHOWN: Final = 128
_NEW: Final = "or is no device of yours; `tinymlaas credentials rotate` makes a new one"
_LISTED: Final = "`tinymlaas credentials` lists what is known"

_log = structlog.get_logger(__name__)

Revoked = Callable[[Identity, EndpointName], None]
"""Ends what an identity has under way: its sessions, its registration of an endpoint.

With NoSec it is about the registration alone.
"""


class CredentialService:
    """Implements `Admission` and `Keyring` from memory, and keeps credentials sealed.

    There is one for each `use`, with a store of its own: what opens one door opens no other.
    """

    def __init__(
        self,
        *,
        repository: CredentialRepository,
        master_key: MasterKey,
        events: EventSink,
        clock: Clock,
        new_id: Callable[[], str],
        own: OwnCertificate | None = None,
        allow_nosec: bool = False,
        use: Use = Use.MANAGEMENT,
    ) -> None:
        self._use = use
        self._repository = repository
        self._master_key = master_key
        self._events = events
        self._clock = clock
        self._new_id = new_id
        self._own = own
        self._refusals = Refusals(events, clock)
        self._store = SecurityStore(allow_nosec=allow_nosec)
        self._sealer: Sealer | None = None
        self._turn = asyncio.Lock()
        self._listeners: list[Revoked] = []
        self._unsettled: list[Callable[[], None]] = []
        # The identity of a new key, and the credential that its first use retires.
        self._awaited: dict[Identity, str] = {}
        self._timers: dict[str, Callable[[], None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self, revoked: Revoked) -> None:
        """Have `revoked` called for each identity that may speak for an endpoint no more."""
        self._listeners.append(revoked)

    def listen_for_authorities(self, ended: Callable[[], None]) -> None:
        """Have `ended` called when a CA is no longer trusted with all names, from now on.

        Those for whom it vouched before a restart are not known by name.
        """
        self._unsettled.append(ended)

    async def start(self) -> None:
        """Load and open the credentials; raises `UnusableSecret`, and then nothing is changed."""
        stored = await self._repository.all()
        self._sealer = await asyncio.to_thread(Sealer.of, self._master_key, stored)
        own = [self._sealer.open(one) for one in stored if one.use is self._use]
        for credential in sorted(own, key=lambda one: one.created_at):
            if credential.damaged:
                _log.error(
                    "a stored credential is damaged; revoke it and add it anew",
                    credential=credential.id,
                    endpoint=credential.endpoint,
                )
            self._put(credential)

    async def aclose(self) -> None:
        """Stop the timers and finish what is being written."""
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()
        await asyncio.gather(*self._tasks)

    # --- Admission and Keyring -------------------------------------------------------------

    def admit(self, identity: Identity, endpoint: EndpointName) -> None:
        """Return where `identity` may speak for `endpoint`; raises `Forbidden` (4.03)."""
        self._store.admit(identity, endpoint)
        if self._awaited and (replaced := self._awaited.pop(identity, None)) is not None:
            # Once the Register that proves the new key has taken the old one's place.
            self._clock.call_at(self._clock.now(), lambda: self._retire(replaced))

    def may_stay(self, identity: Identity, endpoint: EndpointName) -> bool:
        """Whether what `identity` registered for `endpoint` before a restart may stay."""
        return self._store.may_stay(identity, endpoint)

    def endpoint_of(self, identity: Identity) -> EndpointName | None:
        """Return the endpoint that `identity` speaks for, None where it is known by nothing."""
        return self._store.endpoint_of(identity)

    def psk(self, identity: str) -> bytes | None:
        """Return the pre-shared key of a PSK identity, None where there is none."""
        key = self._store.psk(identity)
        if key is None:
            who = described(Identity(SecurityMode.PSK, identity))
            why = f"{who} has no credential here, or was revoked: {_LISTED}"
            self._refusals.note(None, None, why)
        return key

    def disproved(self, identity: Identity, address: str) -> None:
        """Tell operators of who named an identity that is known and did not have its key."""
        who = described(identity)
        why = (
            f"{who} was named by a peer that did not prove it: its key is not the one here, {_NEW}"
        )
        self._refusals.note(self._store.endpoint_of(identity), address, why)

    def oscore(self, sender: str) -> bytes | None:
        """Return the master secret of an OSCORE sender id (hex), None where there is none."""
        return self._store.oscore(sender)

    def peer_of_certificate(self, der: bytes) -> Identity | None:
        """Return who presents this certificate, None for a stranger or out of its validity."""
        found = self._store.peer_of_certificate(der, self._clock.now())
        if found is None:
            why = f"{_shown(der)} is not trusted, or not valid now: {_LISTED}"
            self._refusals.note(None, None, why)
        return found

    def trusted(self) -> tuple[bytes, ...]:
        """Return the certificates (DER) that devices' certificates are, or are signed by."""
        return self._store.trusted()

    def peer_of_public_key(self, spki: bytes) -> Identity | None:
        """Return who has this raw public key, None for a stranger."""
        return self._store.peer_of_public_key(spki)

    def own_certificate(self) -> tuple[bytes, bytes] | None:
        """Return the server's certificate chain and private key (PEM), None where it has none."""
        return None if self._own is None else (self._own.chain, self._own.private_key)

    # --- what operators do -----------------------------------------------------------------

    def list(self, endpoint: EndpointName | None = None) -> list[CredentialView]:
        """Return all credentials or those of one endpoint, without keys, oldest first."""
        found = self._store if endpoint is None else self._store.of(endpoint)
        return [CredentialView.of(one) for one in found]

    async def add(self, asked: NewCredential) -> IssuedCredential:
        """Add a credential; what is made here is in the result, this once.

        Raises `InvalidInput`.
        """
        async with self._turn:
            made = self._issued(asked)
            await self._write(made)
            self._put(made)
        self._tell("added", made)
        return IssuedCredential.of(made, asked.key is None)

    async def establish(self, asked: NewCredential) -> IssuedCredential:
        """Make a credential the only one of its endpoint, in one step; the very same one stays.

        Raises `InvalidInput`, and then nothing is changed.
        """
        async with self._turn:
            former = self._store.of(asked.endpoint or "")
            made = self._issued(asked, leaving=[one.id for one in former])
            if len(former) == 1 and _alike(former[0], made):
                return IssuedCredential.of(former[0], made_here=False)
            await self._write(made, remove=[one.id for one in former])
            for gone in former:
                self._remove(gone)
            self._put(made)
        for gone in former:
            self._tell("revoked", gone)
        self._tell("added", made)
        return IssuedCredential.of(made, asked.key is None)

    async def rotate(
        self, credential: str, asked: NewCredential | None = None, keep: float = KEEP
    ) -> IssuedCredential:
        """Make or take a new key for a credential's endpoint, beside the one that it replaces.

        `asked` may give identity, key or public part; its endpoint and mode are not looked
        at. The old one ends when the device uses the new one, at the latest after `keep` seconds;
        certificates of one name cannot be told by their use, and end by time alone. Raises
        `NotFound`, `Conflict` (it is being replaced), `InvalidInput`.
        """
        async with self._turn:
            old = self._get(credential)
            if old.retires_at is not None:
                raise Conflict(f"credential {old.id} is being replaced; revoke the new one first")
            if old.damaged:
                raise Conflict(f"credential {old.id} is damaged; revoke it and add it anew")
            if self._store.get(old.replaces or "") is not None:
                raise Conflict(
                    f"credential {old.id} replaces {old.replaces}, which is still good;"
                    " revoke one of the two first"
                )
            given = asked or NewCredential(old.endpoint)
            made = replace(self._issued(_successor(old, given)), replaces=old.id)
            leaving = replace(old, retires_at=self._clock.now() + keep)
            await self._write(made, leaving)
            self._put(made)
            self._store.amend(leaving)
            self._arm(leaving)
        self._tell("rotated", made, replaces=old.id)
        return IssuedCredential.of(made, given.key is None)

    async def revoke(self, credential: str) -> None:
        """End a credential, and what its identity has under way; raises `NotFound`.

        Where it replaces another, that one stays, unless it is being replaced itself.
        """
        async with self._turn:
            gone = self._get(credential)
            kept = None if gone.retires_at else self._store.get(gone.replaces or "")
            kept = kept and replace(kept, retires_at=None)
            await self._write(*filter(None, (kept,)), remove=[gone.id])
            if kept is not None:
                self._disarm(kept.id)
                self._store.amend(kept)
            self._remove(gone)
        self._tell("revoked", gone)

    def hand_out(
        self, endpoint: EndpointName, uri: str, short_server_id: int = 1, instance: int = 0
    ) -> ObjectInstance:
        """Return the instance of Object 0 that a bootstrap server writes to `endpoint`.

        It has the newest credential whose secret is known here. Raises `NotFound`.
        """
        known = [
            one for one in self._store.of(endpoint) if one.secret and one.identity.mode in MODES
        ]
        if not known:
            raise NotFound("credential to hand out for", endpoint)
        server = b""
        if self._own is not None:
            certificate = known[-1].identity.mode is SecurityMode.X509
            server = self._own.certificate_der if certificate else self._own.public_key_der
        return security_instance(known[-1], uri, server, short_server_id, instance)

    async def provide(
        self, endpoint: EndpointName, uri: str, short_server_id: int, instance: int
    ) -> ObjectInstance:
        """Do as `hand_out`; where there is nothing to hand out, a pre-shared key is made for it.

        Raises `InvalidInput` where another endpoint has taken its name for a PSK identity.
        """
        try:
            return self.hand_out(endpoint, uri, short_server_id, instance)
        except NotFound:
            await self.add(NewCredential(endpoint))
            return self.hand_out(endpoint, uri, short_server_id, instance)

    # --- inside ----------------------------------------------------------------------------

    def _get(self, credential: str) -> Credential:
        found = self._store.get(credential)
        if found is None:
            raise NotFound("credential", credential)
        return found

    def _issued(self, asked: NewCredential, leaving: Collection[str] = ()) -> Credential:
        try:
            made = issue(asked, self._new_id(), self._clock.now())
            self._store.check_new(made, leaving)
        except InvalidCredential as fault:
            raise InvalidInput(str(fault)) from fault
        return made

    async def _write(self, *put: Credential, remove: Sequence[str] = ()) -> None:
        if self._sealer is None:
            raise RuntimeError("the credential service has not been started")
        sealed = [self._sealer.seal(one, self._use) for one in put]
        await self._repository.write(sealed, list(remove))

    def _put(self, credential: Credential) -> None:
        for identity, endpoint in self._store.put(credential):
            self._end(identity, endpoint)
        self._arm(credential)
        replaced = self._store.get(credential.replaces or "")
        if replaced is not None and replaced.identity != credential.identity:
            self._awaited[credential.identity] = replaced.id

    def _remove(self, gone: Credential) -> None:
        self._disarm(gone.id)
        self._awaited.pop(gone.identity, None)
        for identity in self._store.remove(gone.id):
            # A CA's for all endpoints has vouched for names, which were those of endpoints.
            self._end(identity, identity.name if gone.endpoint is None else gone.endpoint)
        if gone.endpoint is None:
            for ended in self._unsettled:
                ended()

    def _end(self, identity: Identity, endpoint: EndpointName) -> None:
        for revoked in self._listeners:
            revoked(identity, endpoint)

    def _arm(self, credential: Credential) -> None:
        if credential.retires_at is not None:
            self._timers[credential.id] = self._clock.call_at(
                credential.retires_at, lambda: self._retire(credential.id)
            )

    def _disarm(self, credential: str) -> None:
        if (cancel := self._timers.pop(credential, None)) is not None:
            cancel()

    def _retire(self, credential: str) -> None:
        self._spawn(self._retired(credential))

    async def _retired(self, credential: str) -> None:
        async with self._turn:
            gone = self._store.get(credential)
            if gone is None or gone.retires_at is None:
                return
            self._remove(gone)
            try:
                await self._write(remove=[gone.id])
            except Exception:  # noqa: BLE001 - it ends here anyway, and again at the next start
                _log.exception("the end of a replaced credential was not stored")
        self._tell("retired", gone)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell(self, action: str, credential: Credential, **more: str) -> None:
        identity = credential.identity
        data = {"action": action, "id": credential.id, "mode": identity.mode.value}
        data |= {"identity": identity.name, **more}
        if self._use is not Use.MANAGEMENT:
            data["use"] = self._use.value
        self._events.emit(EventKind.CREDENTIAL, self._clock.now(), credential.endpoint, data)


def _alike(one: Credential, other: Credential) -> bool:
    """Whether a device proves itself with both in the same way, from now on."""
    lasting = one.retires_at is None and not one.damaged
    parts = (one.identity, one.public, one.secret)
    return lasting and parts == (other.identity, other.public, other.secret)


def _shown(der: bytes) -> str:
    """Return a certificate in words, be it readable or not."""
    try:
        return f"a certificate of {certificates.subject(der)[:_LONGEST_SHOWN]!r}"
    except InvalidCredential:
        return "a certificate that cannot be read"


def _successor(old: Credential, given: NewCredential) -> NewCredential:
    """Return what is asked for in place of `old`; raises `InvalidInput`."""
    mode, identity = old.identity.mode, given.identity
    if mode is SecurityMode.PSK:
        identity = identity or next_identity(old.identity.name)
    elif given.public is None and not old.secret:
        raise InvalidInput(f"the device made its own key: give the new one's {mode} part")
    elif old.vouches and old.endpoint is not None:
        identity = identity or old.identity.name
    return replace(given, endpoint=old.endpoint, mode=mode, identity=identity)
