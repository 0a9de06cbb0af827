"""Object 0, LwM2M Security: what a bootstrap server writes for a credential (Core 1.1 E.1)."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from objects.tree import ObjectInstance, Resource
from objects.value import Value

from .credentials import Credential
from .identity import SecurityMode


class SecurityResource(IntEnum):
    """The resources of Object 0 that say who speaks with whom, and how."""

    SERVER_URI = 0
    BOOTSTRAP_SERVER = 1
    SECURITY_MODE = 2
    PUBLIC_KEY_OR_IDENTITY = 3
    SERVER_PUBLIC_KEY = 4
    SECRET_KEY = 5
    SHORT_SERVER_ID = 10
    CERTIFICATE_USAGE = 15
    OSCORE_SECURITY_MODE = 17


OBJECT_ID: Final = 0
EST: Final = 4
"""The security mode of certificates that the device itself asks for (RFC 7030)."""

MODES: Final[Mapping[SecurityMode, int]] = MappingProxyType(
    {SecurityMode.PSK: 0, SecurityMode.RPK: 1, SecurityMode.X509: 2, SecurityMode.NOSEC: 3}
)
# RFC 6698 §2.1.1: the certificate itself, whoever issued it.
_DOMAIN_ISSUED: Final = 3


def security_instance(
    credential: Credential, uri: str, server: bytes, short_server_id: int, instance: int
) -> ObjectInstance:
    """Return the instance by which an endpoint reaches `uri` with `credential`.

    `server` is the server's certificate (X.509) or SubjectPublicKeyInfo (RPK) in DER, by
    which the endpoint knows it; not used with a pre-shared key.
    """
    mode = credential.identity.mode
    psk = mode is SecurityMode.PSK
    values: dict[SecurityResource, Value] = {
        SecurityResource.SERVER_URI: uri,
        SecurityResource.BOOTSTRAP_SERVER: False,
        SecurityResource.SECURITY_MODE: MODES[mode],
        SecurityResource.PUBLIC_KEY_OR_IDENTITY: (
            credential.identity.name.encode() if psk else credential.public
        ),
        SecurityResource.SERVER_PUBLIC_KEY: b"" if psk else server,
        SecurityResource.SECRET_KEY: credential.secret,
        SecurityResource.SHORT_SERVER_ID: short_server_id,
    }
    if mode is SecurityMode.X509:
        values[SecurityResource.CERTIFICATE_USAGE] = _DOMAIN_ISSUED
    return ObjectInstance(instance, tuple(Resource(one.value, v) for one, v in values.items()))
