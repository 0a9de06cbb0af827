"""Composite operations with Leshan's client (ETS 229 to 281)."""

import pytest

from .clients import Client, multiple, proves, single

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="session")]

FIRST = "initial value"
STRING, INTEGER, STRINGS = "/3442/0/110", "/3442/0/120", "/3442/0/1110"

in_each_format = pytest.mark.parametrize(
    "name",
    [
        pytest.param("SENML_JSON", marks=proves("composite-senml-json")),
        pytest.param("SENML_CBOR", marks=proves("composite-senml-cbor")),
    ],
)


def formats(name: str) -> dict[str, str]:
    """Return the parameters that name a format, of paths and of values."""
    return {"pathformat": name, "nodeformat": name}


async def read(client: Client, *paths: str, **query: str) -> dict[str, object]:
    """Return what a Read-Composite finds, by path."""
    told = await client.done("GET", "/composite", paths=",".join(paths), **query)
    found: dict[str, object] = told["content"]
    return found


@in_each_format
@proves("read-composite", "api-composite")
async def test_229_read_composite_operation(client: Client, name: str) -> None:
    found = await read(client, STRING, "/3/0/16", f"{STRINGS}/0", **formats(name))
    assert found == {
        STRING: {"kind": "singleResource", "id": 110, "type": "STRING", "value": FIRST},
        "/3/0/16": {"kind": "singleResource", "id": 16, "type": "STRING", "value": "U"},
        f"{STRINGS}/0": {"kind": "resourceInstance", "id": 0, "type": "STRING", "value": FIRST},
    }


@proves("read-composite")
async def test_280_successful_read_composite_of_objects_instances_and_resources(
    client: Client,
) -> None:
    found = await read(client, "/3442", "/3/0", "/1/0/1")
    assert {path: node["kind"] for path, node in found.items()} == {
        "/3442": "obj",
        "/3/0": "instance",
        "/1/0/1": "singleResource",
    }


@proves("read-composite-root")
async def test_235_read_composite_operation_on_root_path(client: Client) -> None:
    (root,) = (await read(client, "/")).values()
    assert {one["id"] for one in root["objects"]} == {1, 3, 3303, 3442}


@proves("read-composite-partial")
async def test_236_281_read_composite_with_partial_presence(client: Client) -> None:
    found = await read(client, STRING, "/3442/0/9999", "/3339/0/5522")
    assert set(found) == {STRING}


@in_each_format
@proves("write-composite", "api-composite")
async def test_230_write_composite_operation(client: Client, name: str) -> None:
    body = {
        STRING: single(STRING, "string", "written"),
        INTEGER: single(INTEGER, "integer", 7),
        "/3/0/14": single("/3/0/14", "string", "+02:00"),
        f"{STRINGS}/3": {"id": 3, "kind": "resourceInstance", "type": "string", "value": "three"},
    }
    await client.done("PUT", "/composite", body, **formats(name))
    assert await client.value(STRING) == "written"
    assert await client.value(INTEGER) == "7"
    assert await client.value("/3/0/14") == "+02:00"
    assert await client.value(STRINGS) == {"0": FIRST, "3": "three"}


@proves("write-composite")
async def test_257_write_composite_operation_that_fails_writes_nothing(client: Client) -> None:
    body = {
        STRING: single(STRING, "string", "written"),
        "/3/0/0": single("/3/0/0", "string", "another manufacturer"),
    }
    code = await client.refused("PUT", "/composite", body)
    assert code in {"METHOD_NOT_ALLOWED(405)", "BAD_REQUEST(400)"}


@proves("write-composite")
async def test_230_write_composite_of_a_multiple_resource(client: Client) -> None:
    body = {STRINGS: multiple(STRINGS, "string", {0: "nought", 1: "one"})}
    await client.done("PUT", "/composite", body)
    assert await client.value(STRINGS) == {"0": "nought", "1": "one"}
