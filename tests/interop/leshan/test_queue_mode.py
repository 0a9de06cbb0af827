"""Leshan's client in queue mode, as operators see it (ETS 108, 109).

The client itself always listens: that nothing is asked of it while the server takes it for asleep
is seen by what it has told until it updates its registration.
"""

from typing import Any

import pytest

from .clients import Client, proves, single
from .conftest import Opened

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="session")]

LEVEL, STRING = "/3/0/9", "/3442/0/110"

each_version = pytest.mark.parametrize(
    ("version", "secured"), [("1.0", False), ("1.1", False), ("1.1", True)]
)


@each_version
@proves("queue-mode", "api-event-awake", "api-event-sleeping")
async def test_108_turn_on_queue_mode(opened: Opened, version: str, secured: bool) -> None:
    client = await opened(version=version, binding="UQ", secured=secured)
    async with client.followed() as stream:
        await stream.event("SLEEPING")
        assert (await client.registration())["sleeping"] is True
        client.tell("update")
        await stream.event("AWAKE")
        assert await client.value(LEVEL) == "0"
        assert (await client.registration())["sleeping"] is False


@each_version
@proves("queue-mode", "queue-delayed", "queue-order", "api-event-response")
async def test_109_behaviour_in_queue_mode(opened: Opened, version: str, secured: bool) -> None:
    client = await opened(version=version, binding="UQ", secured=secured)
    async with client.followed() as stream:
        await stream.event("SLEEPING")
        client.heard()
        waiting = [
            await delayed(client, "PUT", STRING, single(STRING, "string", "written")),
            await delayed(client, "GET", STRING),
            await delayed(client, "POST", "/3/0/4"),
        ]
        assert client.heard() == []
        client.tell("update")
        outcomes = [await stream.event("REQUEST_RESPONSE") for _ in waiting]
    assert [one["requestId"] for one in outcomes] == waiting
    assert [one["response"]["status"] for one in outcomes] == [
        "CHANGED(204)",
        "CONTENT(205)",
        "CHANGED(204)",
    ]
    assert outcomes[1]["response"]["content"]["value"] == "written"
    # What it was asked for while it slept came after it had woken; Leshan's client tells of its
    # Update once that is answered, and of a Write before it answers that.
    assert set(client.heard()) == {"updated", "written", "executed"}


@proves("queue-cancel", "v1-requests")
async def test_109_a_request_that_waits_is_cancelled(opened: Opened) -> None:
    client = await opened(binding="UQ")
    async with client.followed() as stream:
        await stream.event("SLEEPING")
        cancelled = await delayed(client, "POST", "/3/0/4")
        kept = await delayed(client, "GET", LEVEL)
        answer = await client.http.post(f"/v1/requests/{cancelled}/cancel")
        assert answer.is_success, answer.text
        client.tell("update")
        assert (await stream.event("REQUEST_RESPONSE"))["requestId"] == kept
    assert "executed" not in client.heard()


@proves("queue-observe")
async def test_109_a_notification_wakes_the_queue(opened: Opened) -> None:
    client = await opened(binding="UQ")
    async with client.followed() as stream:
        await stream.event("SLEEPING")
        client.tell("update")
        await stream.event("AWAKE")
        await client.done("POST", f"{LEVEL}/observe")
        await stream.event("SLEEPING")
        request = await delayed(client, "GET", STRING)
        await client.set(LEVEL, 42)
        assert (await stream.event("REQUEST_RESPONSE"))["requestId"] == request


async def delayed(client: Client, method: str, path: str, body: Any = None) -> str:
    """Ask for what has to wait; return its id."""
    answer = await client.call(method, path, body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["ep"], told["path"], told["delayed"]) == (client.endpoint, path, True)
    return str(told["requestId"])
