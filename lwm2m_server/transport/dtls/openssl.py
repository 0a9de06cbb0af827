"""The engine within the process: OpenSSL does handshakes, on memory BIOs.

DTLS 1.2 with pre-shared keys and, where the server has a certificate, X.509. Raw
public keys need `SSL_CTX_set1_client_cert_type`, which the binding does not have. Sessions are
not resumed, so that a key that was revoked is asked for at every handshake; nothing is
renegotiated.
"""

from collections.abc import Sequence
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL

from ...protocol.identity import Identity, SecurityMode
from ...service.ports import Keyring
from . import binding
from .aead import AeadAssociation
from .binding import ffi, lib
from .connection import Connection, encoded
from .errors import EngineUnavailable
from .port import Association
from .record import VERSION, records
from .schedule import SUITES, derive

_PSK: Final = (
    "PSK-AES128-CCM8", "PSK-AES128-GCM-SHA256", "PSK-AES128-CCM", "PSK-AES256-CCM8",
    "PSK-AES256-GCM-SHA384", "PSK-AES256-CCM", "PSK-AES128-CBC-SHA256",
    "ECDHE-PSK-AES128-CBC-SHA256",
)  # fmt: skip
_X509: Final = (
    "ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM",
    "ECDHE-ECDSA-AES256-CCM8", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA256",
)  # fmt: skip

# SSL_OP_NO_ENCRYPT_THEN_MAC, which the binding does not name. With RFC 7366 OpenSSL ends a
# session at the first record whose MAC is wrong, so that anybody could end any session; without
# it such a record is dropped (RFC 6347 §4.1.2.7), in constant time.
_NO_ENCRYPT_THEN_MAC: Final = 1 << 19


class OpensslEngine:
    """See `port.Engine`: one context for all handshakes of a port.

    The server's certificate and key are read from the keyring once, here; without them
    devices can prove themselves by pre-shared keys alone. Raises `EngineUnavailable`.
    """

    def __init__(self, keyring: Keyring) -> None:
        binding.require()
        self._keyring = keyring
        self._who: Identity | None = None  # whom a callback found, during the call that caused it
        self._context = SSL.Context(SSL.DTLS_SERVER_METHOD)
        # Kept for as long as the context, which holds nothing but their addresses.
        self._callbacks = (
            ffi.callback(
                "unsigned int(SSL *, const char *, unsigned char *, unsigned int)", self._psk
            ),
            ffi.callback("int(int, X509_STORE_CTX *)", self._verify),
            ffi.callback("int(SSL *, unsigned char *, unsigned int *)", lambda *_: 0),
            ffi.callback("int(SSL *, unsigned char *, unsigned int)", lambda *_: 1),
        )
        self._configure(self._context._context)  # see `binding`

    def _configure(self, context: Any) -> None:
        psk, verify, generate, cookie = self._callbacks
        lib.SSL_CTX_set_min_proto_version(context, VERSION)
        lib.SSL_CTX_set_max_proto_version(context, VERSION)
        lib.SSL_CTX_set_options(
            context,
            lib.SSL_OP_NO_QUERY_MTU
            | lib.SSL_OP_NO_TICKET
            | lib.SSL_OP_NO_RENEGOTIATION
            | lib.SSL_OP_CIPHER_SERVER_PREFERENCE
            | _NO_ENCRYPT_THEN_MAC,
        )
        lib.SSL_CTX_set_session_cache_mode(context, lib.SSL_SESS_CACHE_OFF)
        lib.SSL_CTX_set_psk_server_callback(context, psk)
        # `sessions` has checked the cookie, without any state, before a handshake begins.
        lib.SSL_CTX_set_cookie_generate_cb(context, generate)
        lib.SSL_CTX_set_cookie_verify_cb(context, cookie)
        suites: tuple[str, ...] = _PSK
        if (own := self._keyring.own_certificate()) is not None:
            self._present(*own)
            lib.SSL_CTX_set_verify(
                context, lib.SSL_VERIFY_PEER | lib.SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify
            )
            suites = _PSK + _X509
        # Level 0 admits CCM_8, whose tag of 64 bits RFC 7252 §9.1.3 makes mandatory; the list
        # itself says what is admitted.
        self._context.set_cipher_list(f"{':'.join(suites)}:@SECLEVEL=0".encode())

    def _present(self, chain: bytes, key: bytes) -> None:
        """Present a certificate; raises `EngineUnavailable` where it and its key do not fit."""
        try:
            first, *others = x509.load_pem_x509_certificates(chain)
            private = serialization.load_pem_private_key(key, password=None)
            self._context.use_certificate(first)
            for certificate in others:
                self._context.add_extra_chain_cert(certificate)
            self._context.use_privatekey(private)  # type: ignore[arg-type] # refused below, if unfit
            self._context.check_privatekey()
        except (ValueError, TypeError, SSL.Error) as error:
            raise EngineUnavailable(
                f"the server's own certificate cannot be used: {error}"
            ) from error

    def _psk(self, _ssl: Any, identity: Any, psk: Any, room: int) -> int:
        """Give the key of an identity (RFC 4279 §2); 0 ends in alert unknown_psk_identity."""
        try:
            name = ffi.string(identity).decode()
        except UnicodeDecodeError:
            return 0
        key = self._keyring.psk(name)
        if key is None or not 0 < len(key) <= room:
            return 0
        ffi.memmove(psk, key, len(key))
        self._who = Identity(SecurityMode.PSK, name)
        return len(key)

    def _verify(self, _ok: int, store: Any) -> int:
        """Let the keyring judge the end-entity certificate; 0 ends in an alert.

        What OpenSSL thinks of the chain does not count: it was given nobody to trust.
        """
        if lib.X509_STORE_CTX_get_error_depth(store) == 0 and self._who is None:
            certificate = encoded(lib.X509_STORE_CTX_get0_cert(store))
            self._who = self._keyring.peer_of_certificate(certificate)
            return self._who is not None
        return 1

    def accept(self, hello: bytes, now: float) -> "OpensslHandshake":
        """Begin with a datagram whose ClientHello is whole and whose cookie is right."""
        handshake = OpensslHandshake(self, Connection(self._context._context))
        handshake.begin(hello, now)
        return handshake

    def advance(self, connection: Connection, who: Identity | None) -> tuple[bool, Identity | None]:
        """Go on with a handshake of `who`; return whether it is done, and whose it is by now."""
        self._who = who
        done = connection.handshake()
        who, self._who = self._who, None
        return done, who


class OpensslHandshake:
    """See `port.Handshake`. What OpenSSL holds is freed as soon as the handshake has ended."""

    __slots__ = ("_connection", "_due", "_engine", "_who", "association", "failed", "outbox")

    def __init__(self, engine: OpensslEngine, connection: Connection) -> None:
        self._engine = engine
        self._connection: Connection | None = connection
        self._who: Identity | None = None
        self._due: float | None = None
        self.outbox: list[bytes] = []
        self.association: Association | None = None
        self.failed: str | None = None

    def begin(self, hello: bytes, now: float) -> None:
        """Take the ClientHello that brought a cookie, and go on."""
        if self._connection is None:
            return
        self._connection.put(hello)
        if self._connection.listen():
            self._advance(self._connection, now, hello)
        else:
            self._fail(self._connection)

    def receive(self, datagram: bytes, now: float) -> Sequence[bytes]:
        """Take a datagram; return plaintext that came along with the end. Never raises."""
        if self._connection is None:
            return ()
        self._connection.put(datagram)
        return self._advance(self._connection, now, datagram)

    def _advance(self, connection: Connection, now: float, datagram: bytes) -> Sequence[bytes]:
        done, self._who = self._engine.advance(connection, self._who)
        flight = connection.take()
        self.outbox += flight
        if connection.failed is not None:
            self._fail(connection)
        elif not done:
            self._rest(connection, now)
        elif self._who is None:
            connection.failed = "the handshake proved nobody's identity"
            self._fail(connection)
        else:
            self.association, along = _associated(connection, self._who, flight, datagram)
            self.abandon()
            return along
        return ()

    def _rest(self, connection: Connection, now: float) -> None:
        wait = connection.timeout()
        self._due = None if wait is None else now + wait

    def _fail(self, connection: Connection) -> None:
        self.outbox += connection.take()
        self.failed = connection.failed
        self.abandon()

    def due(self) -> float | None:
        """Return when `tick` is to be called, None where nothing waits (RFC 6347 §4.2.4)."""
        return self._due

    def tick(self, now: float) -> None:
        """Send the last flight once more, where it is due."""
        if (connection := self._connection) is None:
            return
        connection.expire()
        self.outbox += connection.take()
        if connection.failed is not None:
            self._fail(connection)
        else:
            self._rest(connection, now)

    def abandon(self) -> None:
        """Free what it holds; nothing is sent."""
        self._connection = self._due = None


def _associated(
    connection: Connection, who: Identity, flight: Sequence[bytes], datagram: bytes
) -> tuple[Association, Sequence[bytes]]:
    """Take over from a connection whose handshake is done; return the data of `datagram`, too.

    `datagram` is what ended the handshake, and `flight` what went out thereupon.
    """
    if (suite := SUITES.get(connection.suite)) is None:
        kept = OpensslAssociation(who, connection)
        return kept, kept.receive(b"")
    client, server = derive(suite, *connection.secrets())
    sent = [r.sequence + 1 for part in flight for r in records(part) if r.epoch == 1]
    association = AeadAssociation(who, client, server, tag=suite.tag, sent=max(sent, default=0))
    # The Finished is noted as having come before it could be taken for a repetition.
    along = association.receive(datagram)
    association.repeat(flight)
    return association, along


class OpensslAssociation:
    """See `port.Association`. For the suites with CBC, whose records are best left to OpenSSL."""

    __slots__ = ("_connection", "identity", "outbox", "over")

    def __init__(self, identity: Identity, connection: Connection) -> None:
        self.identity = identity
        self.outbox: list[bytes] = []
        self.over: str | None = None
        self._connection = connection

    def receive(self, datagram: bytes) -> Sequence[bytes]:
        """Return the data of each record that is genuine and new; never raises."""
        connection = self._connection
        connection.put(datagram)
        plaintexts: list[bytes] = []
        while (data := connection.read()) is not None:
            plaintexts.append(data)
        if connection.failed is not None and self.over is None:
            self.over = connection.failed
            connection.shutdown()
        self.outbox += connection.take()
        return plaintexts

    def seal(self, plaintext: bytes) -> bytes:
        """Return the datagram that carries `plaintext`."""
        self._connection.write(plaintext)
        return b"".join(self._connection.take())

    def close(self) -> bytes:
        """End the association: return the datagram with its close_notify."""
        self.over = self.over or "closed"
        self._connection.shutdown()
        return b"".join(self._connection.take())
