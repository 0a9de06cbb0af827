"""A peer survives storage: text to value and back."""

import ipaddress
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.transport.address import Peer

hosts = st.ip_addresses().map(str).map(lambda text: str(ipaddress.ip_address(text)))
mapped = ipaddress.ip_network("::ffff:0:0/96")
plain_hosts = hosts.filter(lambda text: ipaddress.ip_address(text) not in mapped)


@given(plain_hosts, st.integers(1, 65535), st.none() | plain_hosts)
def test_text_and_value_are_the_same_thing(host: str, port: int, local: str | None) -> None:
    scope = 3 if ":" in host else 0
    peer = Peer(host, port, scope, local)
    assert Peer.parse(str(peer)) == peer


def test_a_packet_over_ipv4_is_written_as_ipv4() -> None:
    pktinfo = struct.pack("=16sI", socket.inet_pton(socket.AF_INET6, "::ffff:192.0.2.1"), 1)
    peer = Peer.of(("::ffff:192.0.2.7", 56830, 0, 0), pktinfo)
    assert str(peer) == "coap://192.0.2.7:56830?local=192.0.2.1"
    assert peer.sockaddr == ("::ffff:192.0.2.7", 56830, 0, 0)


def test_a_source_address_that_the_host_lost_is_left_out() -> None:
    assert Peer("192.0.2.7", 5683, 0, "127.0.0.1").pktinfo is not None
    assert Peer("192.0.2.7", 5683, 0, "192.0.2.1").pktinfo is None


@pytest.mark.parametrize(
    "text", ["", "coap://", "coap://x:1", "http://1.2.3.4:5", "coap://1.2.3.4"]
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        Peer.parse(text)
