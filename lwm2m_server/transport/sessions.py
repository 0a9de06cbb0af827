"""Live secured sessions, as requests to registered endpoints find them."""

from typing import Protocol

from ..protocol.identity import Identity
from .handler import Sender


class Sessions(Protocol):
    """What keeps the DTLS sessions of a server."""

    def find(self, address: str, identity: Identity) -> Sender | None:
        """Return the live session of `identity` with the peer at `address` (`coaps://...`).

        One that moved since (RFC 9146) is found by the address that it had, too. None where
        there is none that has proven to be `identity`: only the device can begin another.
        """
        ...
