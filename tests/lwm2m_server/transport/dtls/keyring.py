"""A keyring in memory, and handshakes joined by hand."""

import os

from cryptography import x509

from lwm2m_server.protocol.identity import Identity, SecurityMode
from lwm2m_server.transport.dtls.hello import ClientHello, Cookies
from lwm2m_server.transport.dtls.openssl import OpensslEngine, OpensslHandshake

from .client import Client

KEY = b"0123456789abcdef"


class MemoryKeyring:
    """Implements `service.ports.Keyring`."""

    def __init__(self, keys=None, own=None, trusted=()) -> None:
        self.keys = {"dev1": KEY, "dev2": KEY[::-1]} if keys is None else keys
        self.own = own
        self.trusted = set(trusted)  # certificates in DER

    def psk(self, identity: str) -> bytes | None:
        return self.keys.get(identity)

    def peer_of_certificate(self, der: bytes) -> Identity | None:
        if der not in self.trusted:
            return None
        subject = x509.load_der_x509_certificate(der).subject
        return Identity(SecurityMode.X509, str(subject.get_attributes_for_oid(_CN)[0].value))

    def peer_of_public_key(self, spki: bytes) -> Identity | None:
        return None

    def own_certificate(self) -> tuple[bytes, bytes] | None:
        return self.own


_CN = x509.NameOID.COMMON_NAME


def begin(engine: OpensslEngine, client: Client, along: bytes = b"") -> OpensslHandshake:
    """Let a client begin, cookie and all (and `along` behind it); its next flight is awaited."""
    cookies = Cookies(os.urandom)
    [first] = client.step()
    hello = ClientHello.parse(first)
    assert hello is not None
    [second] = client.step(cookies.request(hello, b"", 0.0))
    return engine.accept(second + along, 0.0)


def take(outbox: list[bytes]) -> list[bytes]:
    taken = list(outbox)
    outbox.clear()
    return taken


def join(engine: OpensslEngine, client: Client) -> OpensslHandshake:
    """Carry a handshake on until neither side has anything to say."""
    handshake = begin(engine, client)
    while flight := take(handshake.outbox):
        for datagram in client.step(*flight):
            handshake.receive(datagram, 0.0)
    return handshake
