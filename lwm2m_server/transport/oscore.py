"""OSCORE (RFC 8613) by aiocoap's own, above our sockets and connections.

Needs the extra `oscore`. What is protected reaches aiocoap's Context, which opens it for the
very same handlers; requests to who registered so are protected on their way down.
"""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any, Final

import aiocoap
from aiocoap import error, interfaces
from aiocoap import oscore as protection
from aiocoap.oscore_sitewrapper import OscoreSiteWrapper
from aiocoap.pipe import Pipe
from aiocoap.transports.oscore import OSCOREAddress, TransportOSCORE
from cryptography.hazmat.primitives.hashes import SHA256

from ..coap.limits import LIMITS, Limits
from ..coap.tuning import TUNING, Tuning
from ..protocol.identity import NOSEC, Identity, SecurityMode
from ..protocol.registration import Registration
from ..service.ports import Keyring, Sequences, Unreachable
from .application import Application, sender_of
from .connections import Connection
from .context import Address
from .conversations import Conversations, ConversationsDriver
from .exchanges import Carrier, Carriers, scheme_of
from .handler import Sender
from .mount import Mount

SERVER: Final = b"\x00"
"""The server's own sender id, with every device: its recipient id in Object 21."""

_RESERVED: Final = 256
_WINDOW: Final = 32  # RFC 8613 §7.4, the default
_ECHO: Final = 8


class DeviceContext(
    protection.CanProtect,  # type: ignore[misc] # aiocoap ships no types
    protection.CanUnprotect,  # type: ignore[misc]
    protection.SecurityContextUtils,  # type: ignore[misc]
):
    """The security context with one device (§3), derived from its master secret.

    AES-CCM-16-64-128, HKDF SHA-256, no salt, no id context. A context that was used before
    the server was started does not know what it has seen: the first request is answered with
    an Echo, which the device has to repeat (Appendix B.1.2).
    """

    alg_aead = protection.algorithms["AES-CCM-16-64-128"]
    hashfun = SHA256()
    id_context = None

    def __init__(self, device: bytes, secret: bytes, sequences: Sequences) -> None:
        self.sender_id = SERVER
        self.recipient_id = device
        self.secret = secret
        self.identity = Identity(SecurityMode.OSCORE, device.hex())
        self.authenticated_claims = [self.identity]
        self.echo_recovery = secrets.token_bytes(_ECHO)
        self._sequences = sequences
        self.sender_sequence_number = self._reserve()
        self.recipient_replay_window = protection.ReplayWindow(_WINDOW, lambda: None)
        if self.sender_sequence_number == 0:
            self.recipient_replay_window.initialize_empty()
        self.derive_keys(b"", secret)

    def post_seqnoincrease(self) -> None:
        """See to it that no number comes again, after a restart neither (Appendix B.1.1)."""
        if self.sender_sequence_number >= self._reserved:
            self.sender_sequence_number = self._reserve()

    def _reserve(self) -> int:
        first = self._sequences.reserve(self.recipient_id.hex(), _RESERVED)
        self._reserved = first + _RESERVED
        return first


class Contexts:
    """The security contexts of all devices, each made when it is first asked for."""

    def __init__(self, keyring: Keyring, sequences: Sequences) -> None:
        self._keyring = keyring
        self._sequences = sequences
        self._known: dict[str, DeviceContext] = {}

    def of(self, device: str) -> DeviceContext | None:
        """Return the context with the device of a sender id (hex), None for a stranger."""
        secret = self._keyring.oscore(device)
        known = self._known.get(device)
        if known is not None and known.secret == secret:
            return known
        self._known.pop(device, None)
        if secret is None:
            return None
        made = self._known[device] = DeviceContext(bytes.fromhex(device), secret, self._sequences)
        return made

    def find_oscore(self, unprotected: dict[Any, bytes]) -> DeviceContext:
        """Return the context that a request names; raises `KeyError` (asked by aiocoap)."""
        found = self.of(unprotected.get(protection.COSE_KID, b"").hex())
        if found is None or protection.COSE_KID_CONTEXT in unprotected:
            raise KeyError("no such security context")
        return found


@dataclass(frozen=True, slots=True)
class Protected:
    """A device behind its security context, wherever it is: a `Sender`."""

    context: DeviceContext
    below: Sender

    @property
    def address(self) -> str:
        """Where it is."""
        return self.below.address

    @property
    def identity(self) -> Identity:
        """Who it has proven to be."""
        identity: Identity = self.context.identity
        return identity

    @property
    def remote(self) -> OSCOREAddress:
        """The same for aiocoap."""
        below = self.below if isinstance(self.below, Connection) else Address(self.below)
        return OSCOREAddress(self.context, below)

    def send(self, datagram: bytes) -> None:
        """Do nothing: requests go by the Context."""


class Opener(interfaces.Resource):  # type: ignore[misc] # aiocoap ships no types
    """The root of a Context: opens what is protected, and hands on what is not.

    EDHOC, which aiocoap would offer beside, is not.
    """

    def __init__(self, mount: Mount, contexts: Contexts) -> None:
        super().__init__()
        self._mount = mount
        self._opener = OscoreSiteWrapper(mount, contexts)

    async def render(self, request: aiocoap.Message) -> aiocoap.Message:
        """Not used: requests come by `render_to_pipe`."""
        raise NotImplementedError

    async def needs_blockwise_assembly(self, request: aiocoap.Message) -> bool:
        """Not used: requests come by `render_to_pipe`."""
        raise NotImplementedError

    async def render_to_pipe(self, pipe: Pipe) -> None:
        """Answer, protected where the request was (§8.2, §8.3)."""
        if pipe.request.opt.oscore is None:
            await self._mount.render_to_pipe(pipe)
            return
        # Its path is inside; outside there is none that could mean anything.
        pipe.request.opt.uri_path = ()
        try:
            await self._opener.render_to_pipe(pipe)
        except error.RenderableError:
            raise
        except Exception as fault:
            # aiocoap's reader trusts the option to be whole, and numbers to have 40 bits.
            raise error.BadOption("Failed to decode COSE") from fault


class Transport(TransportOSCORE):  # type: ignore[misc] # aiocoap ships no types
    """Protects requests on their way down; one that nobody awaits any more ends."""

    def ask(self, pipe: Pipe, _token: bytes | None) -> None:
        """Send a protected request: its token is of the message below, and not ours to choose."""
        task = self.loop.create_task(self._asked(pipe))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        pipe.on_interest_end(task.cancel)

    async def _asked(self, pipe: Pipe) -> None:
        try:
            await self._request(pipe)
        except Exception as fault:  # noqa: BLE001 - whatever it is, whoever asked is told
            pipe.add_exception(fault)

    async def shutdown(self) -> None:
        """End what is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def protect(
    application: Application,
    carriers: Carriers,
    keyring: Keyring,
    sequences: Sequences,
    *,
    limits: Limits = LIMITS,
    tuning: Tuning = TUNING,
) -> None:
    """Serve devices that speak OSCORE, above whatever the server is opened for."""
    contexts = Contexts(keyring, sequences)
    application.mount.sender_of = _sender_of
    application.context.serversite = Opener(application.mount, contexts)
    transport = Transport(application.context, application.context)
    application.context.request_interfaces.append(transport)
    conversations = Conversations(
        application.context, transport.ask, lambda sender: sender.remote, limits, tuning
    )

    def find(registration: Registration) -> Sender:
        context = contexts.of(registration.identity.name)
        if context is None:
            raise Unreachable("the OSCORE credential of this endpoint is gone")
        below = carriers.by_scheme(scheme_of(registration.address))
        # What is below proves nothing: the device need not have shown itself there.
        return Protected(context, below.find(registration._replace(identity=NOSEC)))

    carriers.protected_by(Carrier(ConversationsDriver(conversations), find, 0))


def _sender_of(remote: object) -> Sender | None:
    """Return who sent what is served by a Context."""
    if not isinstance(remote, OSCOREAddress):
        return sender_of(remote)
    below = remote.underlying_address
    return Protected(remote.security_context, below.sender if isinstance(below, Address) else below)
