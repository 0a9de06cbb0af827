"""DTLS 1.2 as client (RFC 6347), by OpenSSL on memory BIOs: datagrams in, datagrams out.

pyOpenSSL's API has everything but pre-shared keys; their callback is reached through its
binding.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from OpenSSL import SSL, _util

from ..errors import InvalidCredential

_lib: Final[Any] = _util.lib
_ffi: Final[Any] = _util.ffi
_DTLS_1_2: Final = 0xFEFD
_HEADER: Final = 13  # bytes before the content of a record, RFC 6347 §4.1
_PATH_MTU: Final = 1280  # what every IPv6 path carries, RFC 8200 §5
_ROOM: Final = 64 * 1024
_MOST_WAITING: Final = 16
_LONGEST_IDENTITY: Final = 128  # bytes, RFC 4279 §5.3; OpenSSL has room for as many

# RFC 7925 §4.2, §4.4: AES_128_CCM_8 is what every device has.
_PSK: Final = b"PSK-AES128-CCM8:PSK-AES128-GCM-SHA256:@SECLEVEL=0"
_X509: Final = b"ECDHE-ECDSA-AES128-CCM8:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0"


@dataclass(frozen=True, slots=True)
class PreSharedKey:
    """What Object 0 holds in security mode 0: resources 3 and 5."""

    identity: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """What Object 0 holds in security mode 2: resources 3, 5 and 4, here in PEM.

    `server` is the server's own certificate (usage 3, domain-issued): no other is spoken to.
    """

    certificate: bytes
    private_key: bytes = field(repr=False)
    server: bytes


Credential = PreSharedKey | DeviceCertificate


class Security:
    """A credential made ready for handshakes; raises `InvalidCredential`."""

    def __init__(self, credential: Credential) -> None:
        self._context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
        self._context.set_min_proto_version(_DTLS_1_2)
        self._context.set_max_proto_version(_DTLS_1_2)
        # Sessions are not resumed: a device that wakes up may find another server.
        self._context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
        if isinstance(credential, PreSharedKey):
            self._kept = self._share(credential)  # a callback lives as long as what holds it
        else:
            self._present(credential)

    def associate(self) -> "Association":
        """Return an association that begins with its handshake."""
        return Association(SSL.Connection(self._context, None), self)

    def _share(self, credential: PreSharedKey) -> Any:
        name, key = credential.identity.encode(), credential.key
        if not 0 < len(name) <= _LONGEST_IDENTITY or b"\0" in name or not key:
            raise InvalidCredential(f"a PSK identity has 1 to {_LONGEST_IDENTITY} bytes, and a key")

        def give(_ssl: Any, _hint: Any, who: Any, most: int, secret: Any, room: int) -> int:
            if len(name) > most or len(key) > room:
                return 0
            _ffi.memmove(who, name + b"\0", len(name) + 1)
            _ffi.memmove(secret, key, len(key))
            return len(key)

        kept = _ffi.callback(
            "unsigned int(SSL *, const char *, char *, unsigned int,"
            " unsigned char *, unsigned int)",
            give,
        )
        _lib.SSL_CTX_set_psk_client_callback(self._context._context, kept)
        self._context.set_cipher_list(_PSK)
        return kept

    def _present(self, credential: DeviceCertificate) -> None:
        try:
            certificate = x509.load_pem_x509_certificate(credential.certificate)
            server = x509.load_pem_x509_certificate(credential.server).public_bytes(Encoding.DER)
            self._context.use_certificate(certificate)
            key = load_pem_private_key(credential.private_key, None)
            self._context.use_privatekey(key)  # type: ignore[arg-type] # refused below, if unfit
            self._context.check_privatekey()
        except (ValueError, TypeError, SSL.Error) as error:
            raise InvalidCredential(f"certificate and keys do not fit: {error}") from error

        def known(_connection: Any, shown: Any, _error: int, depth: int, _ok: int) -> bool:
            der = shown.to_cryptography().public_bytes(Encoding.DER)
            return depth > 0 or bool(der == server)

        self._context.set_verify(SSL.VERIFY_PEER, known)
        self._context.set_cipher_list(_X509)


class Association:
    """One association with the server; the caller sends what is in `outbox`, in order.

    What is to be sent waits for the end of the handshake. `over` says why nothing more
    comes or goes; then another association is needed.
    """

    def __init__(self, connection: SSL.Connection, security: Security) -> None:
        self.outbox: list[bytes] = []
        self.over: str | None = None
        self.established = False
        self._waiting: list[bytes] = []
        self._connection = connection
        self._security = security  # whose callbacks the handshake calls
        connection.set_connect_state()
        connection.set_ciphertext_mtu(_PATH_MTU)
        self._handshake()

    def send(self, plaintext: bytes) -> None:
        """Send a message, now or once the handshake is over; too many that wait are lost."""
        if not self.established:
            self._waiting = [*self._waiting[1 - _MOST_WAITING :], plaintext]
        elif self.over is None:
            self._connection.send(plaintext)
            self._take()

    def receive(self, datagram: bytes) -> list[bytes]:
        """Take a datagram and return the messages in it; what is not genuine is dropped."""
        if self.over is not None or not datagram:
            return []
        self._connection.bio_write(datagram)
        if not self.established:
            self._handshake()
        return self._read() if self.established else []

    def due(self) -> float | None:
        """Return the seconds until `tick` is to be called, None where nothing waits."""
        if self.established or self.over is not None:
            return None
        return self._connection.DTLSv1_get_timeout()

    def tick(self) -> None:
        """Send the last flight once more, where it is due."""
        if self.due() is not None:
            try:
                self._connection.DTLSv1_handle_timeout()
            except SSL.Error as error:
                self.over = f"the handshake failed: {_words(error)}"
            self._take()

    def close(self) -> None:
        """End the association with a close_notify."""
        if self.established and self.over is None:
            self._connection.shutdown()
            self._take()
        self.over = self.over or "closed"

    def _handshake(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self.over = f"the handshake failed: {_words(error)}"
        else:
            self.established = True
            for plaintext in self._waiting:
                self._connection.send(plaintext)
            self._waiting = []
        self._take()

    def _read(self) -> list[bytes]:
        messages = []
        try:
            while True:
                messages.append(self._connection.recv(_ROOM))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.over = "the server closed it"
            self._connection.shutdown()  # RFC 5246 §7.2.1: answered by the same
        except SSL.Error as error:
            self.over = f"the association failed: {_words(error)}"
        self._take()
        return messages

    def _take(self) -> None:
        with contextlib.suppress(SSL.WantReadError):
            self.outbox += _records(self._connection.bio_read(_ROOM))


def _records(taken: bytes) -> Iterator[bytes]:
    """Cut what OpenSSL wrote into records, each of which goes as a datagram."""
    while taken:
        size = _HEADER + int.from_bytes(taken[_HEADER - 2 : _HEADER], "big")
        yield taken[:size]
        taken = taken[size:]


def _words(error: SSL.Error) -> str:
    """Return OpenSSL's first reason."""
    reasons = error.args[0] if error.args else ()
    return str(reasons[0][-1]) if reasons and isinstance(reasons, list) else "no reason was told"
