"""Which peers are spoken to over DTLS, and when with a new association."""

from typing import Any

from device_sim.client.dtls import PreSharedKey, Security
from device_sim.client.secure import SecurePeers

from ..dtls_peer import IDENTITY, KEY, Accepted, Server

SERVER = ("::1", 5684, 0, 0)


class Wire:
    """A server that answers at once, and forgets what it is told to."""

    def __init__(self) -> None:
        self.server = Server()
        self.accepted: Accepted | None = self.server.accept()
        self.came: list[bytes] = []
        self.peers = SecurePeers(Security(PreSharedKey(IDENTITY, KEY)), self.sent)

    def sent(self, datagram: bytes, address: Any) -> None:
        assert address == SERVER
        if self.accepted is None:
            return
        came, answers = self.accepted.receive(datagram)
        self.came += came
        for answer in answers:
            self.peers.receive(answer, address)


async def test_only_those_that_were_added_are_spoken_to_over_dtls() -> None:
    wire = Wire()
    assert SERVER not in wire.peers
    wire.peers.add(SERVER)
    assert SERVER in wire.peers
    assert wire.peers.receive(b"before anything was said", SERVER) == []
    wire.peers.send(b"hello", SERVER)
    assert wire.came == [b"hello"]
    wire.peers.close()


async def test_a_server_that_does_not_answer_gets_a_new_handshake() -> None:
    wire = Wire()
    wire.peers.add(SERVER)
    wire.peers.send(b"one", SERVER)
    wire.accepted = wire.server.accept()  # it knows nothing of the one before
    wire.peers.send(b"lost", SERVER)
    wire.peers.renew()
    wire.peers.send(b"two", SERVER)
    assert wire.came == [b"one", b"two"]
    assert wire.server.shown == [IDENTITY, IDENTITY]
    wire.peers.close()


async def test_a_device_without_a_credential_speaks_to_nobody_over_dtls() -> None:
    sent: list[bytes] = []
    peers = SecurePeers(None, lambda datagram, _: sent.append(datagram))
    assert not peers.able
    peers.add(SERVER)
    peers.send(b"in the clear", SERVER)
    assert sent == []
