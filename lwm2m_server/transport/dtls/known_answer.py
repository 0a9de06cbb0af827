"""A look in the mirror before a port is opened: OpenSSL has to understand what we protect.

The record layer of the AEAD suites is ours, its keys are made from what OpenSSL tells. Both are
held against OpenSSL's own client, in memory, once for each way to protect records.
"""

import secrets
from functools import cache
from typing import Any, Final

from OpenSSL import SSL

from ...protocol.identity import Identity
from .binding import ffi, lib, version
from .connection import Connection
from .errors import EngineUnavailable
from .handshake import OpensslHandshake
from .hello import ClientHello, Cookies
from .openssl import OpensslEngine
from .port import Association
from .record import VERSION, datagrams
from .schedule import SUITES

_NAME: Final = b"known answer"
_KEY: Final = bytes(range(16))
_UP: Final = b"from OpenSSL to this server"
_DOWN: Final = b"from this server to OpenSSL"
# They have each cipher, size of key and tag, and hash of the PRF; the others need certificates.
_SUITES: Final = tuple(name for name in SUITES if name.startswith("PSK"))


class _OneKey:
    """A `Keyring` of one key."""

    def psk(self, identity: str) -> bytes | None:
        return _KEY if identity.encode() == _NAME else None

    def peer_of_certificate(self, der: bytes) -> Identity | None:
        del der
        return None

    def peer_of_public_key(self, spki: bytes) -> Identity | None:
        del spki
        return None

    def own_certificate(self) -> tuple[bytes, bytes] | None:
        return None

    def trusted(self) -> tuple[bytes, ...]:
        return ()

    def oscore(self, sender: str) -> bytes | None:
        del sender
        return None


@cache
def require() -> None:
    """Raise `EngineUnavailable` where OpenSSL and this record layer do not understand each other.

    Takes some milliseconds, once for each process.
    """
    check(OpensslEngine(_OneKey()))


def check(engine: OpensslEngine) -> None:
    """Raise `EngineUnavailable` where it fails for an engine."""
    for suite in _SUITES:
        client, _kept = _client(suite)
        handshake = _joined(engine, client)
        if handshake.association is None:
            fault: str | None = handshake.failed or "the handshake does not end"
        else:
            fault = _disagreement(client, handshake.association)
        if fault is not None:
            raise EngineUnavailable(f"{version()} and this server disagree on {suite}: {fault}")


def _disagreement(client: Connection, association: Association) -> str | None:
    client.write(_UP)
    if list(association.receive(b"".join(client.take()))) != [_UP]:
        return "what OpenSSL protects does not open here"
    client.put(association.seal(_DOWN))
    return None if client.read() == _DOWN else "what is protected here does not open in OpenSSL"


def _client(suite: str) -> tuple[Connection, Any]:
    """Return a client, and what has to outlive it."""
    context = SSL.Context(SSL.DTLS_CLIENT_METHOD)

    @ffi.callback(  # type: ignore[untyped-decorator]
        "unsigned int(SSL *, const char *, char *, unsigned int, unsigned char *, unsigned int)"
    )
    def psk(_ssl: Any, _hint: Any, name: Any, _size: int, key: Any, _room: int) -> int:
        ffi.memmove(name, _NAME + b"\0", len(_NAME) + 1)
        ffi.memmove(key, _KEY, len(_KEY))
        return len(_KEY)

    raw = context._context  # see `binding`
    lib.SSL_CTX_set_min_proto_version(raw, VERSION)
    lib.SSL_CTX_set_max_proto_version(raw, VERSION)
    lib.SSL_CTX_set_options(raw, lib.SSL_OP_NO_QUERY_MTU)
    lib.SSL_CTX_set_psk_client_callback(raw, psk)
    context.set_cipher_list(f"{suite}:@SECLEVEL=0".encode())
    return Connection(raw, client=True), (context, psk)


def _joined(engine: OpensslEngine, client: Connection) -> OpensslHandshake:
    """Carry a handshake on until the client has nothing more to say."""
    cookies = Cookies(secrets.token_bytes)
    hello = ClientHello.parse(_step(client, ()))
    assert hello is not None  # noqa: S101 - it is OpenSSL's own
    handshake = engine.accept(_step(client, [cookies.request(hello, b"", 0.0)]), 0.0)
    while handshake.outbox:
        flight, handshake.outbox = handshake.outbox, []
        handshake.receive(_step(client, flight), 0.0)
    return handshake


def _step(client: Connection, flight: Any) -> bytes:
    for datagram in flight:
        client.put(datagram)
    client.handshake()
    return b"".join(datagrams(client.take()))
