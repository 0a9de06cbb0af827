"""The engine against OpenSSL as client: who has the key gets in, with each suite."""

import pytest
import structlog

from lwm2m_server.protocol.identity import Identity, SecurityMode
from lwm2m_server.transport.dtls.binding import lib
from lwm2m_server.transport.dtls.errors import EngineUnavailable
from lwm2m_server.transport.dtls.openssl import OpensslEngine

from .certificates import certificate, der, pem
from .client import Client
from .keyring import KEY, MemoryKeyring, begin, join, take

PSK_SUITES = [
    "PSK-AES128-CCM8", "PSK-AES128-CCM", "PSK-AES128-GCM-SHA256", "PSK-AES256-CCM8",
    "PSK-AES256-CCM", "PSK-AES256-GCM-SHA384", "PSK-AES128-CBC-SHA256",
    "ECDHE-PSK-AES128-CBC-SHA256",
]  # fmt: skip
X509_SUITES = [
    "ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-AES128-CCM", "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA256",
]  # fmt: skip


@pytest.fixture(scope="module")
def server_pair():
    return certificate("server")


@pytest.fixture(scope="module")
def device_pair():
    return certificate("device")


@pytest.fixture(scope="module")
def keyring(server_pair, device_pair):
    return MemoryKeyring(own=pem(*server_pair), trusted=[der(device_pair[0])])


@pytest.fixture(scope="module")
def engine(keyring):
    return OpensslEngine(keyring)


def assert_talk(handshake, client: Client) -> None:
    assert handshake.failed is None
    assert client.done
    association = handshake.association
    for text in (b"up", b"u" * 1100):
        assert list(association.receive(client.seal(text))) == [text]
        assert client.read(association.seal(text)) == [text]
    assert list(association.receive(client.close())) == []
    assert association.over == "the peer closed the session"
    client.read(*association.outbox)
    assert client.closed


@pytest.mark.parametrize("suite", PSK_SUITES)
def test_a_pre_shared_key_opens_a_session(engine, suite):
    client = Client(suites=suite)
    handshake = join(engine, client)
    assert handshake.association.identity == Identity(SecurityMode.PSK, "dev1")
    assert_talk(handshake, client)


NO_EXTENDED_MASTER_SECRET = 1 << 0  # SSL_OP_*, which the binding does not name


@pytest.mark.parametrize("suite", [*PSK_SUITES[:6], X509_SUITES[0], X509_SUITES[3]])
@pytest.mark.parametrize("options", [0, NO_EXTENDED_MASTER_SECRET], ids=["RFC 7627", "RFC 5246"])
def test_keys_are_those_of_either_master_secret(engine, device_pair, suite, options):
    client = Client(suites=suite, certificate=device_pair, options=options)
    handshake = join(engine, client)
    assert lib.SSL_get_extms_support(client._ssl) == (options == 0)
    assert_talk(handshake, client)


@pytest.mark.parametrize("suite", X509_SUITES)
def test_a_certificate_opens_a_session(engine, device_pair, suite):
    client = Client(suites=suite, certificate=device_pair)
    handshake = join(engine, client)
    assert handshake.association.identity == Identity(SecurityMode.X509, "device")
    assert_talk(handshake, client)


def test_a_stranger_s_certificate_opens_nothing(engine):
    client = Client(suites=X509_SUITES[0], certificate=certificate("device"))
    handshake = join(engine, client)
    assert handshake.association is None
    assert handshake.failed == "certificate verify failed"
    assert client.error


def test_no_certificate_opens_nothing(engine):
    handshake = join(engine, Client(suites=X509_SUITES[0]))
    assert handshake.association is None
    assert handshake.failed == "peer did not return a certificate"


def test_who_the_last_handshake_was_says_nothing_of_the_next(engine, device_pair):
    assert join(engine, Client()).association is not None
    assert join(engine, Client(suites=X509_SUITES[0], certificate=certificate("x"))).failed
    assert join(engine, Client(identity="dev2", key=KEY)).association is None


def test_two_handshakes_at_once_keep_who_is_who(engine):
    clients = [Client(), Client(identity="dev2", key=KEY[::-1])]
    handshakes = [begin(engine, client) for client in clients]
    flights = [c.step(*take(h.outbox)) for c, h in zip(clients, handshakes, strict=True)]
    for handshake, flight in zip(handshakes, flights, strict=True):
        for datagram in flight:
            handshake.receive(datagram, 0.0)
    assert [h.association.identity.name for h in handshakes] == ["dev1", "dev2"]


def test_without_a_certificate_of_its_own_the_server_takes_pre_shared_keys_alone(device_pair):
    engine = OpensslEngine(MemoryKeyring())
    assert join(engine, Client()).association is not None
    refused = join(engine, Client(suites=X509_SUITES[0], certificate=device_pair))
    assert refused.failed == "no shared cipher"


@pytest.mark.parametrize("identity", ["nobody", "", "dev\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_an_unknown_identity_is_told_so_and_leaves_nothing(engine, identity):
    client = Client(identity=identity)
    handshake = join(engine, client)
    assert handshake.association is None
    assert handshake.failed == "psk identity not found"
    assert handshake.unproven is None
    assert handshake.due() is None
    assert client.error


def test_a_wrong_key_opens_nothing(engine):
    client = Client(key=b"another key 0123")
    handshake = join(engine, client)
    assert handshake.association is None
    assert not client.done
    assert handshake.unproven == Identity(SecurityMode.PSK, "dev1")


@pytest.mark.parametrize("last", ["Finished", "nothing"])
def test_whoever_has_the_key_leaves_nothing_unproven(engine, last):
    client = Client()
    handshake = begin(engine, client)
    assert handshake.unproven is None
    for datagram in client.step(*take(handshake.outbox)) if last == "Finished" else ():
        handshake.receive(datagram, 0.0)
    assert (handshake.association is not None) is (last == "Finished")
    assert handshake.unproven is None


class BrokenKeyring(MemoryKeyring):
    def psk(self, identity):
        raise RuntimeError("the store is gone")

    peer_of_certificate = psk


@pytest.mark.parametrize("suite", [PSK_SUITES[0], X509_SUITES[0]])
def test_a_keyring_that_fails_fails_the_handshake_alone_and_is_logged(
    server_pair, device_pair, suite, capfd
):
    engine = OpensslEngine(BrokenKeyring(own=pem(*server_pair)))
    with structlog.testing.capture_logs() as logged:
        handshake = join(engine, Client(suites=suite, certificate=device_pair))
    assert handshake.association is None
    assert handshake.failed
    assert [line["log_level"] for line in logged] == ["error"]
    assert str(logged[0]["exc_info"][1]) == "the store is gone"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("key", [b"", bytes(1000)])
def test_a_key_that_cannot_be_used_opens_nothing(key):
    engine = OpensslEngine(MemoryKeyring(keys={"dev1": key}))
    assert join(engine, Client()).association is None


def test_the_last_flight_goes_out_once_unless_it_is_asked_for(engine):
    client = Client()
    handshake = begin(engine, client)
    flight = client.step(*take(handshake.outbox))
    for datagram in flight:
        handshake.receive(datagram, 0.0)
    last = take(handshake.outbox)
    assert len(last) == 1
    assert handshake.association.outbox == []
    # Repeated by the network, not by the client: replayed records ask for nothing.
    for datagram in flight:
        handshake.association.receive(datagram)
    assert handshake.association.outbox == []
    assert client.step(*last) == []
    assert_talk(handshake, client)


def test_data_that_comes_with_the_end_of_the_handshake_is_not_lost(engine):
    client = Client()
    handshake = join(engine, client)
    assert handshake.receive(client.seal(b"x"), 0.0) == ()  # it has gone over to the association
    assert handshake.association is not None


def test_a_long_certificate_goes_in_datagrams_that_every_path_carries(device_pair):
    long = certificate("server", names=200)
    engine = OpensslEngine(MemoryKeyring(own=pem(*long), trusted=[der(device_pair[0])]))
    client = Client(suites=X509_SUITES[0], certificate=device_pair)
    handshake = begin(engine, client)
    assert sum(map(len, handshake.outbox)) > 3000
    assert max(map(len, handshake.outbox)) <= 1232
    for datagram in client.step(*take(handshake.outbox)):
        handshake.receive(datagram, 0.0)
    client.step(*take(handshake.outbox))
    assert_talk(handshake, client)


def test_a_flight_without_an_answer_is_due_a_second_later_and_not_before(engine):
    handshake = begin(engine, Client())
    take(handshake.outbox)
    assert handshake.due() == pytest.approx(1.0, abs=0.1)
    handshake.tick(0.5)
    assert handshake.outbox == []
    handshake.abandon()
    assert handshake.due() is None


@pytest.mark.parametrize("suite", ["PSK-AES128-CCM8", "PSK-AES128-CBC-SHA256"])
def test_what_is_not_genuine_ends_no_session(engine, suite):
    client = Client(suites=suite)
    association = join(engine, client).association
    alert = bytes.fromhex("15fefd0000000000000001000202 28")
    sealed = client.seal(b"once")
    assert list(association.receive(sealed)) == [b"once"]
    flipped = client.seal(b"flipped")
    flipped = flipped[:-1] + bytes((flipped[-1] ^ 1,))
    for bad in (sealed, alert, flipped, sealed[:-1], sealed[:20], b"", b"\x17", bytes(60)):
        assert list(association.receive(bad)) == []
    assert association.over is None
    assert association.outbox == []
    assert list(association.receive(client.seal(b"still here"))) == [b"still here"]


@pytest.mark.parametrize(
    "own", [(b"", b""), (b"no certificate", b"no key")], ids=["empty", "nonsense"]
)
def test_an_unusable_certificate_is_said_at_the_start(own):
    with pytest.raises(EngineUnavailable, match="own certificate"):
        OpensslEngine(MemoryKeyring(own=own))


def test_a_key_that_is_not_the_certificate_s_is_said_at_the_start(server_pair, device_pair):
    mixed = (pem(*server_pair)[0], pem(*device_pair)[1])
    with pytest.raises(EngineUnavailable, match="own certificate"):
        OpensslEngine(MemoryKeyring(own=mixed))
