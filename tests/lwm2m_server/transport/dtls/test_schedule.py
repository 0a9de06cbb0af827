"""Keys from secrets: the pseudorandom function against its published vector."""

import pytest

from lwm2m_server.transport.dtls.schedule import SUITES, derive, prf


def test_the_pseudorandom_function_gives_what_the_published_vector_says():
    # The vector of the TLS working group for P_SHA256 (mailing list, 2009-03).
    secret = bytes.fromhex("9bbe436ba940f017b17652849a71db35")
    seed = b"test label" + bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c")
    assert prf("sha256", secret, seed, 100) == bytes.fromhex(
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e"
        "14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5"
        "a72e5a5110fff70187347b66"
    )


@pytest.mark.parametrize("name", SUITES)
def test_the_two_directions_have_keys_and_salts_of_their_own(name):
    client, server = derive(SUITES[name], b"m" * 48, b"c" * 32, b"s" * 32)
    assert client.salt != server.salt
    assert len(client.salt) == len(server.salt) == 4
    nonce = bytes(12)
    assert client.aead.encrypt(nonce, b"x", b"") != server.aead.encrypt(nonce, b"x", b"")
    assert len(client.aead.encrypt(nonce, b"x", b"")) == 1 + SUITES[name].tag
