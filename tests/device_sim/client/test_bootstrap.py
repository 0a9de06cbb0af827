"""What a bootstrap server may write, and what makes an account (OMA LwM2M Core 1.1 §6.1)."""

import pytest

from device_sim.client.bootstrap import Account, Bootstrap
from device_sim.client.dtls import PreSharedKey
from device_sim.errors import Refused
from objects.codecs import ContentFormat, encode
from objects.path import Path
from objects.registry import Registry
from objects.tree import ObjectInstance, Resource
from objects.value import Value

NOT_ACCEPTABLE, NOT_ALLOWED, NOT_FOUND = 0x86, 0x85, 0x84
SECURITY: dict[int, Value] = {
    0: "coaps://lwm2m.example.org:5684",
    1: False,
    2: 0,
    3: b"m4",
    4: b"",
    5: b"secret",
    10: 7,
}
SERVER: dict[int, Value] = {0: 7, 1: 120, 6: False, 7: "U"}


def told(security: dict[int, Value], server: dict[int, Value]) -> Bootstrap:
    it = Bootstrap()
    for path, values in ((Path(0, 1), security), (Path(1, 0), server)):
        resources = (Resource(number, value) for number, value in values.items())
        node = ObjectInstance.of(path.parts[1], resources)
        payload = encode(ContentFormat.TLV, path, node, Registry.standard())
        it.put(path, ContentFormat.TLV, payload)
    return it


def test_1_an_account_with_a_pre_shared_key() -> None:
    key = PreSharedKey("m4", b"secret")
    assert told(SECURITY, SERVER).account() == Account(str(SECURITY[0]), 120, 7, key)


def test_4_what_is_deleted_is_gone() -> None:
    it = told(SECURITY, SERVER)
    it.delete(Path(0))
    assert it.links(Path()) == b'</>;lwm2m="1.1",</1/0>;ssid=7'
    it.delete(Path())
    with pytest.raises(Refused) as refused:
        it.account()
    assert refused.value.code == NOT_ACCEPTABLE


def test_8_only_object_1_is_read() -> None:
    it = told(SECURITY, SERVER)
    assert [one.id for one in it.read(Path(1)).instances] == [0]
    with pytest.raises(Refused) as refused:
        it.read(Path(0))
    assert refused.value.code == NOT_ALLOWED


@pytest.mark.parametrize(
    ("security", "server"),
    [
        ({10: 8}, {}),
        ({1: True}, {}),
        ({0: "coap://lwm2m.example.org"}, {}),
        ({0: "nonsense"}, {}),
        ({2: 2}, {}),
        ({5: b""}, {}),
        ({}, {1: 0}),
    ],
)
def test_9_what_is_not_consistent_is_no_account(
    security: dict[int, Value], server: dict[int, Value]
) -> None:
    with pytest.raises(Refused) as refused:
        told(SECURITY | security, SERVER | server).account()
    assert refused.value.code == NOT_ACCEPTABLE


@pytest.mark.parametrize("path", [Path(3, 0), Path(0, 1, 0), Path()])
def test_other_paths_are_not_written(path: Path) -> None:
    with pytest.raises(Refused) as refused:
        Bootstrap().put(path, ContentFormat.TLV, b"")
    assert refused.value.code == NOT_FOUND
