"""Each content format in both directions, type by type, with Leshan's client (ETS 201 to 234)."""

from typing import Any

import pytest

from .clients import Client, instance, proves, single

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="session")]

LINK = {"objectId": 3, "objectInstanceId": 0, "nullLink": False}
OTHER = {"objectId": 3442, "objectInstanceId": 1, "nullLink": False}

# By resource of Object 3442: type, the value at first, and another.
VALUES: dict[int, tuple[str, Any, Any]] = {
    110: ("STRING", "initial value", "Grüße, 世界"),
    120: ("INTEGER", "1024", "-9223372036854775808"),
    125: ("UNSIGNED_INTEGER", "9223372036854775808", "18446744073709551615"),
    130: ("FLOAT", 3.14159, -0.5),
    140: ("BOOLEAN", True, False),
    150: ("OPAQUE", "0123456789abcdef", "00ff"),
    160: ("TIME", 946684800000, 1609459200000),
    170: ("OBJLNK", LINK, OTHER),
    180: ("CORELINK", "</3442>", "</3442/0>;pmin=10"),
}


async def one_by_one(client: Client, name: str, *without: int) -> None:
    """Read each resource in a format."""
    for number, (kind, value, _) in VALUES.items():
        if number not in without:
            node = await client.read(f"/3442/0/{number}", format=name)
            assert (node["type"], node["value"]) == (kind, value)


async def one_after_the_other(client: Client, name: str, *without: int) -> None:
    """Write each resource in a format, and read what it is then."""
    for number, (kind, _, value) in VALUES.items():
        if number not in without:
            path = f"/3442/0/{number}"
            await client.done("PUT", path, single(path, kind, value), format=name)
            assert await client.value(path) == value


async def whole(client: Client, name: str) -> None:
    """Read an instance in a format."""
    resources = (await client.read("/3442/0", format=name))["resources"]
    found = {one["id"]: (one["type"], one.get("value")) for one in resources}
    assert {number: found[number] for number in VALUES} == {
        number: (kind, value) for number, (kind, value, _) in VALUES.items()
    }
    several = {one["id"]: one["values"] for one in resources if "values" in one}
    assert several[1120] == {"0": "1024"}


async def at_once(client: Client, name: str) -> None:
    """Write an instance in a format, and read what it is then."""
    told = [single(f"/3442/0/{number}", kind, value) for number, (kind, _, value) in VALUES.items()]
    body = instance("/3442/0", *told)
    await client.done("PUT", "/3442/0", body, format=name, replace="false")
    resources = (await client.read("/3442/0"))["resources"]
    found = {one["id"]: one.get("value") for one in resources}
    assert {number: found[number] for number in VALUES} == {
        number: value for number, (_, _, value) in VALUES.items()
    }


@proves("read-text")
async def test_201_querying_basic_information_in_plain_text(client: Client) -> None:
    await one_by_one(client, "TEXT")


@proves("read-tlv")
async def test_203_querying_basic_information_in_tlv(client: Client) -> None:
    await one_by_one(client, "TLV")
    await whole(client, "TLV")


@proves("read-json")
async def test_204_querying_basic_information_in_json(client: Client) -> None:
    await one_by_one(client, "JSON")
    await whole(client, "JSON")


@proves("write-text")
async def test_205_setting_basic_information_in_plain_text(client: Client) -> None:
    await one_after_the_other(client, "TEXT")


@proves("read-cbor")
async def test_211_querying_basic_information_in_cbor(client: Client) -> None:
    await one_by_one(client, "CBOR")


@proves("write-cbor")
async def test_212_setting_basic_information_in_cbor(client: Client) -> None:
    await one_after_the_other(client, "CBOR")


@proves("write-tlv")
async def test_215_setting_basic_information_in_tlv(client: Client) -> None:
    await one_after_the_other(client, "TLV")
    await at_once(client, "TLV")


@proves("write-json")
async def test_220_setting_basic_information_in_json(client: Client) -> None:
    await one_after_the_other(client, "JSON")
    await at_once(client, "JSON")


@proves("read-senml-json")
async def test_231_querying_basic_information_in_senml_json(client: Client) -> None:
    await one_by_one(client, "SENML_JSON")
    await whole(client, "SENML_JSON")


@proves("read-senml-cbor")
async def test_232_querying_basic_information_in_senml_cbor(client: Client) -> None:
    await one_by_one(client, "SENML_CBOR")
    await whole(client, "SENML_CBOR")


@proves("write-senml-cbor")
async def test_233_setting_basic_information_in_senml_cbor(client: Client) -> None:
    await one_after_the_other(client, "SENML_CBOR")
    await at_once(client, "SENML_CBOR")


@proves("write-senml-json")
async def test_234_setting_basic_information_in_senml_json(client: Client) -> None:
    await one_after_the_other(client, "SENML_JSON")
    await at_once(client, "SENML_JSON")


@proves("read-any-format")
async def test_237_read_on_object_without_a_format(client: Client) -> None:
    """The server chooses one of the client's `ct`."""
    instances = (await client.read("/3442"))["instances"]
    assert [one["id"] for one in instances] == [0, 1]


@proves("read-opaque", "write-opaque")
async def test_bytes_go_both_ways_as_opaque(client: Client) -> None:
    path, body = "/3442/0/150", "00" * 3000  # three blocks
    await client.done("PUT", path, single(path, "opaque", body), format="OPAQUE")
    assert await client.value(path, format="OPAQUE") == body
