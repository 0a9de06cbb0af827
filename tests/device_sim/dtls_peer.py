"""The server's side of DTLS 1.2, by OpenSSL alone, and a relay that puts it before a CoAP peer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from OpenSSL import SSL, _util

lib: Any = _util.lib
ffi: Any = _util.ffi

IDENTITY, KEY = "m4", bytes(range(16))


@cache
def pair(name: str) -> tuple[bytes, bytes]:
    """A certificate and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM), private


class Server:
    """One context; `accept` begins an association."""

    def __init__(self, identity: str = IDENTITY, key: bytes = KEY) -> None:
        self.shown: list[str] = []
        context = SSL.Context(SSL.DTLS_SERVER_METHOD)
        context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET)
        context.set_cipher_list(b"PSK-AES128-CCM8:ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
        certificate, private = pair("server")
        context.use_certificate(x509.load_pem_x509_certificate(certificate))
        context.use_privatekey(load_pem_private_key(private, None))
        context.set_verify(SSL.VERIFY_PEER, self._verify)

        def give(_ssl: Any, who: Any, secret: Any, _room: int) -> int:
            self.shown.append(ffi.string(who).decode())
            if self.shown[-1] != identity:
                return 0
            ffi.memmove(secret, key, len(key))
            return len(key)

        self._kept = ffi.callback(
            "unsigned int(SSL *, const char *, unsigned char *, unsigned int)", give
        )
        lib.SSL_CTX_set_psk_server_callback(context._context, self._kept)
        self.context = context

    def _verify(self, _c: Any, shown: SSL.X509, _e: int, _d: int, _ok: int) -> bool:
        (name,) = shown.to_cryptography().subject
        self.shown.append(str(name.value))
        return True

    def accept(self) -> "Accepted":
        connection = SSL.Connection(self.context, None)
        connection.set_accept_state()
        connection.set_ciphertext_mtu(1280)
        return Accepted(connection)


class Accepted:
    """The server's side of one association."""

    def __init__(self, connection: SSL.Connection) -> None:
        self.connection = connection
        self.established = False
        self.failed = False

    def receive(self, datagram: bytes) -> tuple[list[bytes], list[bytes]]:
        """Return the plaintexts that came, and the datagrams that go."""
        came: list[bytes] = []
        self.connection.bio_write(datagram)
        try:
            if not self.established:
                self.connection.do_handshake()
                self.established = True
            while True:
                came.append(self.connection.recv(65536))
        except SSL.WantReadError:
            pass
        except SSL.Error:
            self.failed = True
        return came, self.take()

    def seal(self, plaintext: bytes) -> list[bytes]:
        self.connection.send(plaintext)
        return self.take()

    def close(self) -> list[bytes]:
        self.connection.shutdown()
        return self.take()

    def take(self) -> list[bytes]:
        try:
            taken = self.connection.bio_read(65536)
        except SSL.WantReadError:
            return []
        records = []
        while taken:
            size = 13 + int.from_bytes(taken[11:13], "big")
            records.append(taken[:size])
            taken = taken[size:]
        return records


@dataclass
class Front:
    """What a coaps URI leads to, before a CoAP server; `plain` is what came without DTLS."""

    server: Server
    uri: str = ""
    associations: dict[Any, Accepted] = field(default_factory=dict)
    plain: list[bytes] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    inner: Any = None
    outer: Any = None

    def from_device(self, data: bytes, address: Any) -> None:
        if not 20 <= data[0] <= 23:  # no content type of DTLS: it was not sealed
            self.plain.append(data)
            return
        hello = data[0] == 22 and data[3:5] == b"\0\0"
        known = self.associations.get(address)
        if known is None or (hello and known.established):  # RFC 6347 §4.2.8
            if not hello:
                self.left.set()  # what it sends now answers the end of its association
                return
            known = self.associations[address] = self.server.accept()
        came, out = known.receive(data)
        self.send(out, address)
        for plaintext in came:
            self.inner.sendto(plaintext)

    def from_server(self, data: bytes, _: Any) -> None:
        for address, accepted in self.associations.items():
            if accepted.established:
                self.send(accepted.seal(data), address)

    def send(self, datagrams: list[bytes], address: Any) -> None:
        for datagram in datagrams:
            self.outer.sendto(datagram, address)

    def end(self) -> None:
        """Close every association, as a server does with what it has revoked."""
        for address, accepted in self.associations.items():
            self.send(accepted.close(), address)
        self.associations.clear()


class _Port(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes, Any], None]) -> None:
        self.datagram_received = received  # type: ignore[method-assign]

    def error_received(self, exc: Exception) -> None:
        pass


@asynccontextmanager
async def front_of(coap_port: int) -> AsyncIterator[Front]:
    """Terminate DTLS for one device before a CoAP server on loopback."""
    loop, front = asyncio.get_running_loop(), Front(Server())
    front.outer, _ = await loop.create_datagram_endpoint(
        lambda: _Port(front.from_device), local_addr=("127.0.0.1", 0)
    )
    front.inner, _ = await loop.create_datagram_endpoint(
        lambda: _Port(front.from_server), remote_addr=("127.0.0.1", coap_port)
    )
    front.uri = f"coaps://127.0.0.1:{front.outer.get_extra_info('sockname')[1]}"
    try:
        yield front
    finally:
        front.outer.close()
        front.inner.close()
