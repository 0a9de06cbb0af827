"""What else users see of Leshan's client over HTTP: its objects, its messages, and /v1."""

from typing import Any

import pytest

from tests.e2e.process import ServerProcess

from .clients import Client, proves

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="session")]

STRING, STRINGS = "3442/0/110", "3442/0/1110"


@proves("api-objectspecs")
async def test_the_definitions_of_its_objects_are_listed(client: Client) -> None:
    specs = (await client.http.get(f"/api/objectspecs/{client.endpoint}")).json()
    assert {one["id"]: one["version"] for one in specs} == {
        1: "1.1",
        3: "1.2",
        3303: "1.1",
        3442: "1.0",
    }


@proves("api-server")
async def test_where_it_registers_is_told(client: Client, server: ServerProcess) -> None:
    told = (await client.http.get("/api/server/endpoint")).json()
    ports = {one["uri"]["scheme"]: one["uri"]["port"] for one in told}
    assert ports == {"coap": server.coap_port, "coaps": server.coaps_port}
    own = (await client.http.get("/api/server/security")).json()
    assert own["certificate"]["pubkey"]["params"] == "secp256r1"


@proves("api-event-coaplog")
async def test_its_messages_are_told_to_who_follows_it(client: Client) -> None:
    async with client.followed() as stream:
        await client.value("/3/0/16")
        asked = await stream.event("COAPLOG")
        answered = await stream.event("COAPLOG")
    assert (asked["code"], answered["code"]) == ("GET", "2.05")


@proves("v1-operations")
async def test_every_operation_is_there_under_v1(client: Client) -> None:
    async def call(method: str, path: str, status: int, body: Any = None) -> Any:
        answer = await client.http.request(
            method, f"/v1/devices/{client.endpoint}/{path}", json=body
        )
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    await call("PUT", f"resources/{STRING}", 204, {"value": "written"})
    (value,) = await call("GET", f"resources/{STRING}", 200)
    assert (value["path"], value["value"]) == (f"/{STRING}", "written")
    await call("POST", "resources/3/0/4", 204)
    created = await call("POST", "instances/3442", 201, {"id": 9, "values": {"110": "created"}})
    assert created == {"path": "/3442/9"}
    await call("DELETE", "resources/3442/9", 204)
    (value,) = await call("PUT", f"observations/{STRING}", 200)
    assert value["value"] == "written"
    await call("DELETE", f"observations/{STRING}", 204)
    both = await call("POST", "composite/read", 200, {"paths": [f"/{STRING}", f"/{STRINGS}"]})
    assert {one["path"]: one["value"] for one in both} == {
        f"/{STRING}": "written",
        f"/{STRINGS}/0": "initial value",
    }
