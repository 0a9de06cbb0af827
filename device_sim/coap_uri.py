"""The parts of a URI that tell where to send a CoAP request (RFC 7252 §6)."""

from typing import Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

_PORTS: Final = {"coap": 5683, "coaps": 5684}


class Authority(NamedTuple):
    """Which protocol is spoken with whom."""

    scheme: str
    host: str
    port: int


def authority(uri: str) -> Authority:
    """Return whom `uri` leads to; raises `ValueError` where it leads to nobody.

    Names are checked as the resolver would, which by itself fails in ways of its own.
    """
    parts = urlsplit(uri)
    if not parts.hostname or parts.port == 0 or not uri.isprintable():
        raise ValueError(f"{uri[:80]!r} names no host, or no port that there can be")
    parts.hostname.encode("idna")
    port = parts.port or _PORTS.get(parts.scheme, _PORTS["coap"])
    return Authority(parts.scheme, parts.hostname, port)


def with_port(uri: str) -> str:
    """Return `uri` with its port in it, the default one where there was none."""
    parts, where = urlsplit(uri), authority(uri)
    host = f"[{where.host}]" if ":" in where.host else where.host
    return urlunsplit(parts._replace(netloc=f"{host}:{where.port}"))
