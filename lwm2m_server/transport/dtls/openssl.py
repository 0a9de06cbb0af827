"""The engine within the process: OpenSSL does handshakes, on memory BIOs.

DTLS 1.2 with pre-shared keys and, where the server has a certificate, X.509. Raw
public keys need `SSL_CTX_set1_client_cert_type`, which the binding does not have. Sessions are
not resumed, so that a key that was revoked is asked for at every handshake; nothing is
renegotiated.
"""

import secrets
import struct
from collections.abc import Iterable
from typing import Any, Final

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL

from ...protocol.identity import Identity, SecurityMode
from ...service.ports import Keyring
from . import binding
from .binding import ffi, lib
from .connection import Connection, encoded
from .errors import EngineUnavailable
from .handshake import Claims, OpensslHandshake
from .hello import ClientHello
from .record import VERSION
from .schedule import SUITES

# Where the client offers several, those with AEAD win: their sessions are small, and can bear
# a Connection ID. OpenSSL does not say which it chose before the extension has to be answered.
_CBC: Final = (
    "PSK-AES128-CBC-SHA256", "ECDHE-PSK-AES128-CBC-SHA256", "ECDHE-ECDSA-AES128-SHA256",
)  # fmt: skip
_CODE: Final = struct.Struct(">H")
_CONNECTION_ID: Final = 54  # RFC 9146 §10.1
_NOBODY: Final = Claims()
_EXTENSION: Final = "SSL *, unsigned int"
_BYTES: Final = "const unsigned char *"

_log = structlog.get_logger(__name__)

# SSL_OP_NO_ENCRYPT_THEN_MAC, which the binding does not name. With RFC 7366 OpenSSL ends a
# session at the first record whose MAC is wrong, so that anybody could end any session; without
# it such a record is dropped (RFC 6347 §4.1.2.7), in constant time.
_NO_ENCRYPT_THEN_MAC: Final = 1 << 19


class OpensslEngine:
    """See `port.Engine`: contexts for all handshakes of a port, with Connection ID and without.

    The server's certificate and key are read from the keyring once, here; without them
    devices can prove themselves by pre-shared keys alone. Raises `EngineUnavailable`.
    """

    cid_size = 8

    def __init__(self, keyring: Keyring) -> None:
        binding.require()
        self._keyring = keyring
        self._claims = _NOBODY  # of the handshake that OpenSSL is called for
        # Kept for as long as the contexts, which hold nothing but their addresses.
        self._callbacks = tuple(
            ffi.callback(declared, function, onerror=_tell)
            for declared, function in (
                ("unsigned int(SSL *, const char *, unsigned char *, unsigned int)", self._psk),
                ("int(int, X509_STORE_CTX *)", self._verify),
                ("int(SSL *, unsigned char *, unsigned int *)", lambda *_: 0),
                ("int(SSL *, unsigned char *, unsigned int)", lambda *_: 1),
                (f"int({_EXTENSION}, {_BYTES} *, size_t *, int *, void *)", self._add_cid),
                (f"void({_EXTENSION}, {_BYTES}, void *)", lambda *_: None),
                (f"int({_EXTENSION}, {_BYTES}, size_t, int *, void *)", self._parse_cid),
            )
        )
        own = keyring.own_certificate()
        usable = [name for name in SUITES if own is not None or name.startswith("PSK")]
        self._aead = frozenset(SUITES[name].code for name in usable)
        self._bare = self._made([*usable, *_CBC], own)
        self._bearing = self._made(usable, own)
        self._offer_connection_id(self._bearing._context)

    def _made(self, suites: Iterable[str], own: tuple[bytes, bytes] | None) -> SSL.Context:
        made = SSL.Context(SSL.DTLS_SERVER_METHOD)
        context = made._context  # see `binding`
        psk, verify, generate, cookie, *_ = self._callbacks
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
        if own is not None:
            _present(made, *own)
            lib.SSL_CTX_set_verify(
                context, lib.SSL_VERIFY_PEER | lib.SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify
            )
        # Level 0 admits CCM_8, whose tag of 64 bits RFC 7252 §9.1.3 makes mandatory; the list
        # itself says what is admitted.
        made.set_cipher_list(f"{':'.join(suites)}:@SECLEVEL=0".encode())
        return made

    def _offer_connection_id(self, context: Any) -> None:
        """Negotiate the extension (RFC 9146 §3) for OpenSSL, which does not know it."""
        _, _, _, _, add, free, parse = self._callbacks
        nothing = ffi.NULL
        if not lib.SSL_CTX_add_server_custom_ext(
            context, _CONNECTION_ID, add, free, nothing, parse, nothing
        ):
            raise EngineUnavailable(f"{binding.version()} does not let extension 54 be added")

    def _add_cid(self, _ssl: Any, _type: int, out: Any, size: Any, _alert: Any, _: Any) -> int:
        """Say which Connection ID the client's records are to bear, if it asked; 0 says nothing."""
        claims = self._claims
        if claims.peer_cid is None:
            return 0
        self._extension = ffi.new("unsigned char[]", bytes((len(claims.own_cid),)) + claims.own_cid)
        out[0] = self._extension
        size[0] = 1 + len(claims.own_cid)
        return 1

    def _parse_cid(self, _ssl: Any, _type: int, data: Any, size: int, _a: Any, _: Any) -> int:
        """Note which Connection ID the client asks for; 0 ends in an alert."""
        said = bytes(ffi.buffer(data, size))
        if not said or said[0] != size - 1:
            return 0
        if self._claims.own_cid:
            self._claims.peer_cid = said[1:]
        return 1

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
        self._claims.who = Identity(SecurityMode.PSK, name)
        return len(key)

    def _verify(self, _ok: int, store: Any) -> int:
        """Let the keyring judge the end-entity certificate; 0 ends in an alert.

        What OpenSSL thinks of the chain does not count: it was given nobody to trust.
        """
        if lib.X509_STORE_CTX_get_error_depth(store) == 0 and self._claims.who is None:
            certificate = encoded(lib.X509_STORE_CTX_get0_cert(store))
            self._claims.who = self._keyring.peer_of_certificate(certificate)
            return self._claims.who is not None
        return 1

    def accept(self, hello: bytes, now: float) -> OpensslHandshake:
        """Begin with a datagram whose ClientHello is whole and whose cookie is right."""
        bears = self._can_bear_cid(hello)
        claims = Claims(secrets.token_bytes(self.cid_size) if bears else b"")
        context = self._bearing if bears else self._bare
        connection = Connection(context._context)  # see `binding`
        handshake = OpensslHandshake(connection, claims, self._advance)
        handshake.begin(hello, now)
        return handshake

    def _can_bear_cid(self, datagram: bytes) -> bool:
        """Whether the suite will be one whose records can bear a Connection ID."""
        hello = ClientHello.parse(datagram)
        return hello is not None and any(
            code in self._aead for (code,) in _CODE.iter_unpack(hello.suites)
        )

    def _advance(self, connection: Connection, claims: Claims) -> bool:
        """Go on with a handshake; return whether it is done."""
        self._claims = claims
        done = connection.handshake()
        self._claims = _NOBODY
        return done


def _tell(kind: Any, error: Any, traceback: Any) -> None:
    """Log what a callback raised; what it returns then is 0, by which the handshake ends."""
    _log.error("a DTLS handshake failed in this server", exc_info=(kind, error, traceback))


def _present(context: SSL.Context, chain: bytes, key: bytes) -> None:
    """Present a certificate; raises `EngineUnavailable` where it and its key do not fit."""
    try:
        first, *others = x509.load_pem_x509_certificates(chain)
        private = serialization.load_pem_private_key(key, password=None)
        context.use_certificate(first)
        for certificate in others:
            context.add_extra_chain_cert(certificate)
        context.use_privatekey(private)  # type: ignore[arg-type] # refused below, if unfit
        context.check_privatekey()
    except (ValueError, TypeError, SSL.Error) as error:
        raise EngineUnavailable(f"the server's own certificate cannot be used: {error}") from error
