"""Who a peer has proven to be (OMA LwM2M Transport 1.1 §5.2)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class SecurityMode(StrEnum):
    """§5.2, how a peer proves itself; Object 0, resource 2 has the numbers."""

    NOSEC = "nosec"
    PSK = "psk"
    RPK = "rpk"
    X509 = "x509"
    OSCORE = "oscore"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a handshake has proven.

    `name` is the PSK identity, the SHA-256 of the SubjectPublicKeyInfo in hex (RPK), the
    certificate's subject CN (X.509), or the OSCORE sender id in hex; empty for NoSec,
    which proves nothing.
    """

    mode: SecurityMode
    name: str = ""


NOSEC: Final = Identity(SecurityMode.NOSEC)
