"""Which peers of a socket are spoken to over DTLS, and the association with each."""

import asyncio
from collections.abc import Callable
from typing import Any

from .dtls import Association, Security

Address = tuple[Any, ...]


class SecurePeers:
    """Seals what goes to the peers that it was told of, and opens what comes from them.

    `sendto(datagram, address)` sends. A peer that does not answer, or has closed its
    association, gets a new one with the next message (RFC 6347 §4.2.8: a server that
    lost its state takes a new ClientHello from the same address).
    """

    def __init__(self, security: Security | None, sendto: Callable[[bytes, Address], None]) -> None:
        self._security = security
        self._sendto = sendto
        self._peers: dict[Address, Association | None] = {}
        self._timers: dict[Address, asyncio.TimerHandle] = {}

    @property
    def able(self) -> bool:
        """Whether the device has something to prove itself with."""
        return self._security is not None

    def __contains__(self, address: Address) -> bool:
        return address in self._peers

    def add(self, address: Address) -> None:
        """Speak to a peer over DTLS alone, from now on."""
        self._peers.setdefault(address, None)

    def send(self, plaintext: bytes, address: Address) -> None:
        """Send a message to one of the peers."""
        if self._security is None:
            return
        association = self._peers[address]
        if association is None or association.over is not None:
            association = self._peers[address] = self._security.associate()
        association.send(plaintext)
        self._flush(association, address)

    def receive(self, datagram: bytes, address: Address) -> list[bytes]:
        """Return the messages in a datagram of one of the peers."""
        association = self._peers[address]
        if association is None:
            return []
        messages = association.receive(datagram)
        self._flush(association, address)
        return messages

    def renew(self) -> None:
        """Begin anew with the next message: somebody does not answer."""
        self._peers = dict.fromkeys(self._peers)

    def close(self) -> None:
        """Take leave of everybody."""
        for address, association in self._peers.items():
            if association is not None:
                association.close()
                self._flush(association, address)
        for timer in self._timers.values():
            timer.cancel()

    def _flush(self, association: Association, address: Address) -> None:
        for datagram in association.outbox:
            self._sendto(datagram, address)
        association.outbox.clear()
        if (timer := self._timers.pop(address, None)) is not None:
            timer.cancel()
        if (due := association.due()) is not None:
            loop = asyncio.get_running_loop()
            self._timers[address] = loop.call_later(due, self._tick, association, address)

    def _tick(self, association: Association, address: Address) -> None:
        if self._peers[address] is association:
            association.tick()
            self._flush(association, address)
