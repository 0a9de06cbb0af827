"""A peer as text that storage keeps, and back again.

`coap://192.0.2.7:56830?local=192.0.2.1` tells where the peer is and which of our
own addresses it spoke to: answers from another one would not reach it.
"""

import ipaddress
import re
import socket
import struct
from dataclasses import dataclass
from typing import Any

_PKTINFO = struct.Struct("=16sI")  # struct in6_pktinfo, RFC 3542 §6.1
_TEXT = re.compile(
    r"(?P<scheme>coaps?(?:\+tcp)?)://(?:\[(?P<v6>[0-9a-fA-F:.]+)(?:%(?P<scope>\d+))?\]|(?P<v4>[\d.]+))"
    r":(?P<port>\d{1,5})(?:\?local=(?P<local>[0-9a-fA-F:.]+))?"
)


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a packet came from, and to which of our addresses; IPv4 as IPv4."""

    host: str
    port: int
    scope: int = 0
    local: str | None = None
    scheme: str = "coap"

    @classmethod
    def of(cls, sockaddr: tuple[Any, ...], pktinfo: bytes | None) -> "Peer":
        """Read what the socket told of a packet (an AF_INET6 address and IPV6_PKTINFO)."""
        local = None
        if pktinfo is not None:
            local = _plain(_PKTINFO.unpack_from(pktinfo)[0])
        return cls(_plain(sockaddr[0].split("%")[0]), sockaddr[1], sockaddr[3], local)

    @classmethod
    def parse(cls, text: str) -> "Peer":
        """Read the text form. Raises `ValueError` for any other text."""
        form = _TEXT.fullmatch(text)
        if form is None:
            raise ValueError(f"{text!r} is no address of a CoAP peer")
        host = _plain(form["v6"] or form["v4"])
        return cls(host, int(form["port"]), int(form["scope"] or 0), form["local"], form["scheme"])

    @classmethod
    def over(cls, scheme: str, sockaddr: tuple[Any, ...], local: tuple[Any, ...]) -> "Peer":
        """Read what a connected socket tells of its two ends (of either address family)."""
        scope = sockaddr[3] if len(sockaddr) > 3 else 0
        here = _plain(local[0].split("%")[0])
        return cls(_plain(sockaddr[0].split("%")[0]), sockaddr[1], scope, here, scheme)

    def __str__(self) -> str:
        scope = f"%{self.scope}" if self.scope else ""
        local = f"?local={self.local}" if self.local else ""
        return f"{self.scheme}://{authority(self.host + scope, self.port)}{local}"

    @property
    def sockaddr(self) -> tuple[str, int, int, int]:
        """The peer for an AF_INET6 socket, IPv4 in its mapped form."""
        return (_mapped(self.host), self.port, 0, self.scope)

    @property
    def pktinfo(self) -> bytes | None:
        """The source address to send from, where the host still has it."""
        if self.local is None or not _ours(self.local):
            return None
        return _PKTINFO.pack(socket.inet_pton(socket.AF_INET6, _mapped(self.local)), self.scope)


def authority(host: str, port: int) -> str:
    """Return host and port as a URI has them (RFC 3986 §3.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _plain(address: str | bytes) -> str:
    """Write an IPv6 address in its shortest form, a mapped IPv4 one as IPv4."""
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def _mapped(host: str) -> str:
    return host if ":" in host else f"::ffff:{host}"


def _ours(local: str) -> bool:
    """Whether this host has the address: after a restart it may have moved."""
    family = socket.AF_INET6 if ":" in local else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((local, 0))
        except OSError:
            return False
    return True
