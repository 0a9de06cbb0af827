"""TLS for CoAP over TCP (RFC 8323 §8.2), by Python's own ssl."""

import contextlib
import os
import ssl
from collections.abc import Iterator
from typing import Final

from ..service.ports import Keyring

_PROTOCOL: Final = "coap"  # RFC 8323 §8.2, the ALPN identifier
# OpenSSL's X509_V_FLAG_PARTIAL_CHAIN: a pinned certificate is trusted by itself.
_PARTIAL_CHAIN: Final = ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN


class NoCertificate(Exception):
    """The server has no certificate of its own, without which there is no TLS."""


def server_context(keyring: Keyring) -> ssl.SSLContext:
    """Return what handshakes begin with. Raises `NoCertificate`, and `OSError` for a bad one.

    A device may show a certificate: ssl takes what `Keyring.trusted` vouches for at that
    moment, and `Keyring.peer_of_certificate` has the last word. What Python's ssl cannot do:
    pre-shared keys (before 3.13), raw public keys, and a verdict of ours within the handshake.
    """
    own = keyring.own_certificate()
    if own is None:
        raise NoCertificate("CoAP over TLS needs a certificate of the server's own")
    known = keyring.trusted()
    present = _context(*own, known)

    def begins(tls: ssl.SSLObject, _name: str | None, _before: ssl.SSLContext) -> None:
        nonlocal known, present
        if (trusted := keyring.trusted()) != known:
            known, present = trusted, _context(*own, trusted)
            present.sni_callback = begins
        tls.context = present

    present.sni_callback = begins
    return present


def _context(chain: bytes, key: bytes, trusted: tuple[bytes, ...]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([_PROTOCOL])
    with _file(chain + b"\n" + key) as path:
        context.load_cert_chain(path)
    if trusted:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.verify_flags |= _PARTIAL_CHAIN
        context.load_verify_locations(cadata=b"".join(trusted))
    return context


@contextlib.contextmanager
def _file(content: bytes) -> Iterator[str]:
    """Have a file that is in memory only: ssl reads keys from files, and keys stay off disks."""
    number = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        os.write(number, content)
        yield f"/proc/self/fd/{number}"
    finally:
        os.close(number)
