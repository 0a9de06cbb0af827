"""Observations and Send with Leshan's client (ETS 301 to 311)."""

import pytest

from .clients import Client, instance, proves, single
from .conftest import Opened

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="session")]

LEVEL, STRING, STRINGS = "/3/0/9", "/3442/0/110", "/3442/0/1110"
PAIR = f"{LEVEL},{STRING}"


# --- Observe --------------------------------------------------------------------------------------


@proves("observe-resource", "api-event-notification")
async def test_301_observation_and_notification_of_parameter_values(client: Client) -> None:
    async with client.followed() as stream:
        first = await client.done("POST", f"{LEVEL}/observe")
        assert first["content"]["value"] == "0"
        for value in ("42", "43"):
            await client.set(LEVEL, value)
            told = await stream.event("NOTIFICATION")
            assert (told["kind"], told["res"]) == ("single", LEVEL)
            assert told["val"]["value"] == value


@pytest.mark.parametrize("name", ["TEXT", "CBOR", "TLV", "JSON", "SENML_JSON", "SENML_CBOR"])
@proves("observe-formats")
async def test_301_notifications_in_the_format_that_was_asked_for(
    client: Client, name: str
) -> None:
    async with client.followed() as stream:
        await client.done("POST", f"{LEVEL}/observe", format=name)
        await client.set(LEVEL, 42)
        assert (await stream.event("NOTIFICATION"))["val"]["value"] == "42"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param("/3442", "obj", marks=proves("observe-object")),
        pytest.param("/3442/0", "instance", marks=proves("observe-instance")),
        pytest.param(STRINGS, "multiResource", marks=proves("observe-resource")),
        pytest.param(f"{STRINGS}/0", "resourceInstance", marks=proves("observe-resource-instance")),
    ],
)
async def test_301_each_level_is_observed(client: Client, path: str, kind: str) -> None:
    async with client.followed() as stream:
        first = await client.done("POST", f"{path}/observe")
        assert first["content"]["kind"] == kind
        await client.set(f"{STRINGS}/0", "changed")
        told = await stream.event("NOTIFICATION")
    assert (told["res"], told["val"]["kind"]) == (path, kind)
    assert "changed" in str(told["val"])


@proves("observe-attributes")
async def test_301_the_client_notifies_by_the_attributes_that_were_written(client: Client) -> None:
    """A lower bound of 50: a value that stays below it is not told."""
    await client.done("PUT", f"{LEVEL}/attributes", gt=50)
    async with client.followed() as stream:
        await client.done("POST", f"{LEVEL}/observe")
        await client.set(LEVEL, 42)
        await client.set(LEVEL, 51)
        assert (await stream.event("NOTIFICATION"))["val"]["value"] == "51"


@proves("cancel-passive")
async def test_302_cancel_observations_using_reset_operation(client: Client) -> None:
    async with client.followed() as stream:
        await client.done("POST", f"{LEVEL}/observe")
        answer = await client.call("DELETE", f"{LEVEL}/observe")
        assert answer.status_code == 200
        await client.set(LEVEL, 42)  # answered by a Reset
        await client.done("POST", f"{STRING}/observe")
        await client.set(STRING, "changed")
        assert (await stream.event("NOTIFICATION"))["res"] == STRING
        await client.set(LEVEL, 43)
        await client.set(STRING, "changed again")
        assert (await stream.event("NOTIFICATION"))["res"] == STRING


@proves("cancel-active")
async def test_303_cancel_observations_using_observe_with_cancel_parameter(client: Client) -> None:
    await client.done("POST", f"{LEVEL}/observe")
    told = await client.done("DELETE", f"{LEVEL}/observe", active="")
    assert told["content"]["value"] == "0"
    answer = await client.call("DELETE", f"{LEVEL}/observe", active="")
    assert answer.status_code == 404


@proves("reobserve")
async def test_301_what_was_observed_is_observed_again_after_a_register(client: Client) -> None:
    """The client forgets with its registration, and nobody asks again but the server."""
    async with client.followed() as stream:
        await client.done("POST", f"{LEVEL}/observe")
        await client.ask("register", event="registered")
        await stream.event("REGISTRATION")
        # The answer to the server's own request is a first value.
        told = await stream.event("NOTIFICATION")
        await client.set(LEVEL, 42)
        while told["val"]["value"] == "0":
            told = await stream.event("NOTIFICATION")
        assert told["val"]["value"] == "42"


# --- Observe-Composite ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SENML_JSON", "SENML_CBOR"])
@proves("observe-composite")
async def test_304_310_observe_composite_operation(client: Client, name: str) -> None:
    query = {"paths": PAIR, "pathformat": name, "nodeformat": name}
    async with client.followed() as stream:
        first = await client.done("POST", "/composite/observe", **query)
        assert set(first["content"]) == {LEVEL, STRING}
        await client.set(LEVEL, 42)
        told = await stream.event("NOTIFICATION")
    assert (told["kind"], told["paths"]) == ("composite", [LEVEL, STRING])
    assert told["val"][LEVEL]["value"] == "42"
    assert told["val"][STRING]["value"] == "initial value"


@proves("cancel-composite-active")
async def test_305_cancel_observation_composite_operation(client: Client) -> None:
    await client.done("POST", "/composite/observe", paths=PAIR)
    told = await client.done("DELETE", "/composite/observe", paths=PAIR, active="")
    assert set(told["content"]) == {LEVEL, STRING}
    answer = await client.call("DELETE", "/composite/observe", paths=PAIR, active="")
    assert answer.status_code == 404


@proves("cancel-composite-passive")
async def test_305_cancel_observation_composite_by_reset(client: Client) -> None:
    async with client.followed() as stream:
        await client.done("POST", "/composite/observe", paths=PAIR)
        assert (await client.call("DELETE", "/composite/observe", paths=PAIR)).status_code == 200
        await client.set(LEVEL, 42)
        await client.done("POST", f"{STRING}/observe")
        await client.set(STRING, "changed")
        assert (await stream.event("NOTIFICATION"))["kind"] == "single"


@proves("observe-composite", "observe-object")
async def test_308_observe_composite_and_creating_an_instance(client: Client) -> None:
    async with client.followed() as stream:
        await client.done("POST", "/composite/observe", paths=f"{LEVEL},/3442")
        body = instance("/3442/5", single("/3442/5/110", "string", "created"))
        await client.done("POST", "/3442", body)
        # The client tells of it with the next value that changes.
        await client.set(LEVEL, 42)
        told = await stream.event("NOTIFICATION")
    assert [one["id"] for one in told["val"]["/3442"]["instances"]] == [0, 1, 5]


@proves("observe-composite", "observe-object")
async def test_309_observe_composite_and_deleting_an_instance(client: Client) -> None:
    async with client.followed() as stream:
        await client.done("POST", "/composite/observe", paths=f"{LEVEL},/3442")
        await client.done("DELETE", "/3442/1")
        await client.set(LEVEL, 42)
        told = await stream.event("NOTIFICATION")
    assert [one["id"] for one in told["val"]["/3442"]["instances"]] == [0]


# --- Send -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("send", marks=proves("send-senml-cbor")),
        pytest.param("send-json", marks=proves("send-senml-json")),
    ],
)
@proves("send", "api-event-send")
async def test_306_311_send_operation(client: Client, command: str) -> None:
    async with client.followed() as stream:
        sent = await client.ask(command, LEVEL, "/3442/0/130", event="sent")
        assert sent["code"] == "CHANGED(204)"
        told = await stream.event("SEND")
    assert {path: node["value"] for path, node in told["val"].items()} == {
        LEVEL: "0",
        "/3442/0/130": 3.14159,
    }


@proves("send-times")
async def test_306_send_of_what_was_collected_at_several_times(client: Client) -> None:
    async with client.followed() as stream:
        await client.ask("collect", LEVEL, event="collected")
        await client.set(LEVEL, 42)
        await client.ask("collect", LEVEL, event="collected")
        client.tell("send-collected")
        told = await stream.event("SEND")
    assert told["val"][LEVEL]["value"] == "42"


@proves("register-dtls-psk", "observe-resource", "observe-composite", "send")
async def test_what_is_reported_over_dtls_arrives(opened: Opened) -> None:
    client = await opened(secured=True)
    async with client.followed() as stream:
        await client.done("POST", f"{LEVEL}/observe")
        await client.done("POST", "/composite/observe", paths=PAIR)
        await client.set(LEVEL, 42)
        kinds = {(await stream.event("NOTIFICATION"))["kind"] for _ in range(2)}
        assert kinds == {"single", "composite"}
        await client.ask("send", LEVEL, event="sent")
        assert (await stream.event("SEND"))["val"][LEVEL]["value"] == "42"
