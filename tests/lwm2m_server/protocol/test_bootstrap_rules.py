"""What may be a configuration, what it becomes for one endpoint, and what a Discover tells."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.protocol.bootstrap_configuration import (
    Configuration,
    OwnAccount,
    is_secret,
    meant_for,
)
from lwm2m_server.protocol.bootstrap_discovery import Discovered
from lwm2m_server.protocol.bootstrap_request import BootstrapRequest, parse
from lwm2m_server.protocol.bootstrap_rules import check
from lwm2m_server.protocol.errors import InvalidConfiguration, InvalidRequest
from lwm2m_server.service.bootstrap_documents import read, written
from objects.errors import InvalidLink
from objects.path import Path
from objects.registry import Registry
from objects.tree import ObjectInstance, Resource
from objects.value import ObjectLink

from .configurations import KEY, PLAIN, SECURE, SECURED, URI, instance, nosec, psk, server

DEFINITIONS = Registry.standard()
OWN = (OwnAccount(1, SECURE),)
BOOTSTRAP = nosec("/0/0", x1=True)


def with_more(*instances: tuple[Path, ObjectInstance]) -> Configuration:
    return replace(PLAIN, instances=(*PLAIN.instances, *instances))


GOOD = {
    "NoSec": PLAIN,
    "PSK": SECURED,
    "two servers": Configuration((nosec(), psk("/0/2", 2), server(), server("/1/1", 2))),
    "a credential of the server's own": Configuration((server(),), own=OWN),
    "the account of the bootstrap server": Configuration((BOOTSTRAP, nosec(), server())),
    "another object": replace(
        PLAIN, instances=(*PLAIN.instances, instance("/3/0", {14: "+02:00"}))
    ),
    "all is deleted": replace(PLAIN, delete=(Path(),)),
    "nothing but a deletion of an instance": Configuration(delete=(Path(0, 2), Path(1, 1))),
    "one more server, beside those that are there": Configuration(
        (nosec("/0/7", 7), server("/1/7", 7)), delete=()
    ),
    "EST": Configuration((psk(x2=4, x5=b""), server())),
    "TCP and IPv6": Configuration((nosec(x0="coap+tcp://[2001:db8::1]:5683"), server())),
    "reads": replace(PLAIN, read=(Path(1), Path(2, 0))),
}

BAD = {
    "of another level": (
        Configuration((instance("/1/0", {}), (Path(1), ObjectInstance(1))), delete=()),
        "/1: ",
    ),
    "twice": (Configuration((nosec(), nosec())), "written once"),
    "twice, once the server's own": (Configuration((psk(), server()), own=OWN), "written once"),
    "too many": (Configuration(tuple(nosec(f"/0/{n}", n) for n in range(1, 66))), "at most 64"),
    "of another id": (Configuration(((Path(1, 3), server()[1]),), delete=()), "holds instance 0"),
    "a resource is deleted": (replace(PLAIN, delete=(Path(1, 0, 2),)), "/1/0/2"),
    "Object 0 is read": (replace(PLAIN, read=(Path(0),)), "Objects 1 and 2"),
    "text as format": (replace(PLAIN, content_format=0), "cannot carry an instance"),
    "two bootstrap servers": (
        Configuration((BOOTSTRAP, nosec("/0/1", x1=True)), delete=()),
        "one bootstrap server",
    ),
    "no URI": (Configuration((instance("/0/1", {1: False, 2: 3, 10: 1}), server())), "mandatory"),
    "no such mode": (Configuration((nosec(x2=5), server())), "0 to 4"),
    "a web address": (Configuration((nosec(x0="https://example.org"), server())), "coap[s]"),
    "a URI with a name in it": (
        Configuration((nosec(x0="coap://{endpoint}.org"), server())),
        "coap[s]",
    ),
    "a URI that nothing can be sent of": (
        Configuration((nosec(x0="coap://\ud800"), server())),
        "coap[s]",
    ),
    "a port that is none": (Configuration((nosec(x0="coap://a:65536"), server())), "port 65536"),
    "port 0": (Configuration((nosec(x0="coap://a:0"), server())), "port 0 is not 1"),
    "a long URI": (Configuration((nosec(x0="coap://" + "a" * 250), server())), "255 bytes"),
    "coaps without security": (Configuration((nosec(x0=SECURE), server())), "does not go with"),
    "coap with PSK": (Configuration((psk(x0=URI), server())), "does not go with"),
    "short server id 0": (Configuration((nosec("/0/1", 0), server("/1/0", 0))), "1 to 65534"),
    "short server id 65535": (Configuration((nosec("/0/1", 65535), server())), "1 to 65534"),
    "a short key": (Configuration((psk(x5=KEY[:15]), server())), "16 to 64 bytes, not 15"),
    "a long key": (Configuration((psk(x5=KEY * 5), server())), "16 to 64 bytes, not 80"),
    "no identity": (Configuration((psk(x3=b""), server())), "1 to 128 bytes, not 0"),
    "a long identity": (Configuration((psk(x3=b"i" * 129), server())), "not 129"),
    "X.509 without a certificate": (Configuration((psk(x2=2, x3=b""), server())), "mandatory here"),
    "RPK without a key": (Configuration((psk(x2=1, x5=b""), server())), "mandatory here"),
    "OSCORE nowhere": (Configuration((nosec(x17=ObjectLink(21, 0)), server())), "no such instance"),
    "lifetime 0": (Configuration((nosec(), server(x1=0))), "above 0"),
    "no binding": (Configuration((nosec(), server(x7="X"))), "a binding"),
    "one id, two servers": (Configuration((nosec(), server(), server("/1/1"))), "of two Server"),
    "one id, two accounts": (Configuration((nosec(), nosec("/0/2"), server())), "of two Security"),
    "a server without security": (
        Configuration((nosec(), server(), server("/1/1", 2))),
        "no Security instance for short server id 2",
    ),
    "security without a server": (
        Configuration((nosec(), psk("/0/2", 2), server())),
        "no Server instance for short server id 2",
    ),
    "nothing is left": (Configuration(), "no server is left"),
    "own, in clear": (Configuration((server(),), own=(OwnAccount(1, URI),)), "coaps://"),
    "a wrong type": (Configuration((nosec(), server(x2="soon"))), "/1/0: a value is not of its"),
    "too much": (
        replace(PLAIN, instances=(*PLAIN.instances, instance("/5/0", {0: bytes(70_000)}))),
        "65536 is the most",
    ),
}


@pytest.mark.parametrize("configuration", GOOD.values(), ids=GOOD)
def test_what_leaves_an_endpoint_with_its_servers_is_taken(configuration: Configuration) -> None:
    check(configuration, DEFINITIONS)


@pytest.mark.parametrize(("configuration", "why"), BAD.values(), ids=BAD)
def test_what_would_not_is_refused_by_name(configuration: Configuration, why: str) -> None:
    with pytest.raises(InvalidConfiguration) as refused:
        check(configuration, DEFINITIONS)
    assert why in str(refused.value)


def test_no_refusal_shows_a_key() -> None:
    key = b"a key that nobody sees"
    number = Configuration((psk(x5=key, x10="one"), server()))
    with pytest.raises(InvalidConfiguration) as refused:
        check(number, DEFINITIONS)
    assert "nobody" not in str(refused.value)
    assert "nobody" not in repr(number)
    assert key.hex() not in str(refused.value)


def test_a_name_is_filled_in_where_names_are_and_nowhere_else() -> None:
    told = Configuration(
        (psk(x3=b"{endpoint}:dm", x5=b"{endpoint}{endpoint}"), server(x22="{endpoint}"))
    )
    ((_, meant), (_, its_server)) = meant_for("dev", told).instances
    assert meant.value(3, bytes) == b"dev:dm"
    assert meant.value(5, bytes) == b"{endpoint}{endpoint}"
    assert meant.value(0, str) == SECURE
    assert its_server.value(22, str) == "dev"
    certificate = Configuration((psk(x2=2, x3=b"{endpoint}"), server()))
    assert meant_for("dev", certificate) == certificate


def test_keys_are_known_as_such() -> None:
    assert SECURED.holds_keys
    assert Configuration((server(),), own=OWN).holds_keys
    assert not PLAIN.holds_keys
    assert Configuration((instance("/21/0", {0: KEY}),)).holds_keys
    assert is_secret(Path(0, 3, 5))
    assert not is_secret(Path(0, 3, 3))


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
values = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    names,
    st.binary(max_size=40),
    st.builds(ObjectLink, st.integers(0, 65535), st.integers(0, 65535)),
)
ids = st.integers(0, 65534)
resources = st.one_of(
    st.builds(Resource, ids, values),
    st.builds(Resource.multiple, ids, st.dictionaries(ids, values, max_size=3)),
)
instances = st.builds(
    ObjectInstance.of, ids, st.lists(resources, max_size=4, unique_by=lambda one: one.id)
)
configurations = st.builds(
    Configuration,
    instances=st.lists(instances.map(lambda one: (Path(7, one.id), one)), max_size=4).map(tuple),
    own=st.lists(st.builds(OwnAccount, ids, names, ids), max_size=2).map(tuple),
    delete=st.lists(st.builds(Path, ids), max_size=3).map(tuple),
    read=st.lists(st.builds(Path, ids), max_size=3).map(tuple),
    discover=st.booleans(),
    content_format=st.none() | ids,
    in_clear=st.booleans(),
)


@given(configurations)
def test_what_is_kept_is_what_was_given(configuration: Configuration) -> None:
    assert read(written(configuration)) == configuration


@given(configurations)
def test_every_configuration_is_taken_or_refused(configuration: Configuration) -> None:
    with contextlib.suppress(InvalidConfiguration):
        check(configuration, DEFINITIONS)


DISCOVERED = {
    b'</>;lwm2m=1.1,</0>;ver=1.1,</0/0>,</0/1>;ssid=101;uri="coap://x",</0/2>;ssid=102': (
        *(0, {0, 1, 2}, "1.1"),
    ),
    # 1.0 begins with what is no link.
    b'lwm2m="1.0",</0>,</0/0>;ssid=101,</0/1>,</0/2>;ssid=102,</1/0>;ssid=101,</3/0>': (
        *(1, {0, 1, 2}, "1.0"),
    ),
    b'lwm2m="1.0"': (None, set(), "1.0"),
    b"</0/0>,</0/1>": (None, {0, 1}, None),
    b"</0/3>": (3, {3}, None),
    b"": (None, set(), None),
    b"<coap://elsewhere>,</0/1/2>,</0/x>": (None, set(), None),
}


@pytest.mark.parametrize(("payload", "told"), DISCOVERED.items())
def test_the_account_is_the_one_without_a_short_server_id(
    payload: bytes, told: tuple[int | None, set[int], str | None]
) -> None:
    account, taken, version = told
    assert Discovered.parse(payload) == Discovered(account, frozenset(taken), version)


@given(st.binary(max_size=60))
def test_any_answer_to_discover_is_read_or_refused(payload: bytes) -> None:
    try:
        found = Discovered.parse(payload)
    except InvalidLink:
        return
    assert found.account is None or found.account in found.taken


def test_the_parameters_of_a_request() -> None:
    asked = parse(BootstrapRequest("a", ("ep=dev", "pct=112", "new=1")))
    assert (asked.endpoint, asked.preferred) == ("dev", 112)
    assert parse(BootstrapRequest("a", ()), "known").endpoint == "known"
    assert parse(BootstrapRequest("a", ("ep=dev",)), "known").endpoint == "dev"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ((), "ep"),
        (("ep=",), "ep"),
        (("ep=a\x00",), "printable"),
        (("ep=" + "a" * 256,), "255 bytes"),
        (("ep=a", "ep=b"), "given twice"),
        (("ep=a", "pct=tlv"), "pct"),
        (("ep=a", "pct="), "pct"),
        (("ep=a", "pct=-1"), "pct"),
        (tuple(f"p{n}=1" for n in range(33)), "at most 32"),
    ],
)
def test_a_parameter_at_fault_is_named(query: tuple[str, ...], why: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(BootstrapRequest("a", query))
    assert (why in str(refused.value), refused.value.code) == (True, 0x80)
