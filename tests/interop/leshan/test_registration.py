"""Leshan's client registers, updates, and is gone (ETS 101 to 107, 401)."""

import httpx
import pytest

from .clients import Client, proves
from .conftest import Opened

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    ("version", "binding", "told"),
    [
        pytest.param("1.1", "U", "U", marks=proves("register-1.1", "binding-U")),
        pytest.param("1.1", "UQ", "U", marks=proves("register-Q")),
        pytest.param("1.0", "U", "U", marks=proves("register-1.0")),
        pytest.param("1.0", "UQ", "UQ", marks=proves("binding-UQ")),
    ],
)
@proves("register-ep", "register-lt", "register-lwm2m", "register-objects", "api-clients")
async def test_101_initial_registration(
    opened: Opened, version: str, binding: str, told: str
) -> None:
    client = await opened(version=version, binding=binding, lifetime="77")
    shown = await client.registration()
    assert (shown["endpoint"], shown["lifetime"]) == (client.endpoint, 77)
    assert (shown["lwM2mVersion"], shown["bindingMode"]) == (version, told)
    assert shown["queuemode"] is ("Q" in binding)
    assert shown["secure"] is False
    assert shown["availableInstances"] == {
        "1": [0],
        "3": [0],
        "3303": [0],
        "3442": [0, 1],
    }


@proves("register-ct", "register-ver")
async def test_101_content_formats_and_versions_of_objects_are_told(client: Client) -> None:
    links = {
        link["url"]: link["attributes"] for link in (await client.registration())["objectLinks"]
    }
    assert {"60", "110", "112", "11542", "11543"} <= set(links["/"]["ct"].strip('"').split())
    assert links["/3303"]["ver"] == "1.1"
    # Of the core's objects only a version is told that 1.1 did not come with.
    assert links["/3"]["ver"] == "1.2"


@proves("api-event-registration", "api-event-updated", "api-event-deregistration", "update")
@proves("deregister")
async def test_102_103_registration_update_and_deregistration(client: Client) -> None:
    before = await client.registration()
    async with client.followed() as stream:
        await client.ask("update", event="updated")
        told = await stream.event("UPDATED")
        after = await client.registration()
        assert after["registrationId"] == before["registrationId"]
        assert after["lastUpdate"] > before["lastUpdate"]
        assert told["registration"]["lastUpdate"] == after["lastUpdate"]

        await client.ask("deregister", event="deregistered")
        assert (await stream.event("DEREGISTRATION"))["registrationId"] == before["registrationId"]
        answer = await client.call("GET", "")
        assert (answer.status_code, client.endpoint in answer.text) == (400, True)

        await client.ask("register", event="registered")
        again = await stream.event("REGISTRATION")
        assert again["registrationId"] != before["registrationId"]


@proves("execute")
async def test_104_registration_update_trigger(client: Client) -> None:
    await client.done("POST", "/1/0/8")
    await client.event("updated")


@proves("update-unknown", "register-replaces")
async def test_105_discarded_register_update(opened: Opened, client: Client) -> None:
    """The client finds its registration replaced by another of its name, and registers anew."""
    other = await opened(endpoint=client.endpoint, lifetime="77")
    assert (await other.registration())["lifetime"] == 77
    client.tell("update")
    assert (await client.event("failed"))["code"] == "NOT_FOUND(404)"
    location = (await client.event("registered"))["id"]
    assert location == f"/rd/{(await client.registration())['registrationId']}"
    assert (await client.registration())["lifetime"] == 300


@proves("update-lifetime")
async def test_107_extending_the_lifetime_of_a_registration(client: Client) -> None:
    async with client.followed() as stream:
        await client.done("PUT", "/1/0/1", {"id": 1, "value": "600"})
        told = await stream.event("UPDATED")
    assert told["registration"]["lifetime"] == 600
    assert (await client.registration())["lifetime"] == 600


@proves("register-dtls-psk", "api-security")
async def test_401_a_client_registers_over_dtls_with_its_key(
    opened: Opened, http: httpx.AsyncClient
) -> None:
    client = await opened(secured=True)
    assert (await client.registration())["secure"] is True
    known = {
        one["endpoint"]: one["tls"] for one in (await http.get("/api/security/clients")).json()
    }
    # What proves it went in, and never comes out.
    assert known[client.endpoint] == {
        "mode": "psk",
        "details": {"identity": client.endpoint, "key": ""},
    }
    assert await client.value("/3/0/16") == "U"

    assert (await http.delete(f"/api/security/clients/{client.endpoint}")).status_code == 200
    assert (await client.call("GET", "")).status_code == 400
