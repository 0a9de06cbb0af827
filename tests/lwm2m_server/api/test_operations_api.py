"""Every operation under /v1, without sockets, on an endpoint whose answers a test writes down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path as File
from typing import Any

import httpx
import pytest

from lwm2m_server.api.application import create_api
from lwm2m_server.protocol.operations import (
    CancelComposite,
    CancelObservation,
    Create,
    Delete,
    Discover,
    Execute,
    Observe,
    ObserveComposite,
    Operation,
    Read,
    ReadComposite,
    Response,
    Write,
    WriteAttributes,
    WriteComposite,
)
from objects.attributes import NotificationAttributes
from objects.codecs import ContentFormat, encode_values
from objects.path import Path
from objects.registry import Registry

from ..service.scripted import CHANGED, CONTENT, CREATED, ENDPOINT, Scene, scene

TEXT, TLV, SENML_CBOR = ContentFormat.TEXT, ContentFormat.TLV, ContentFormat.SENML_CBOR
BATTERY, LIFETIME = Path(3, 0, 9), Path(1, 0, 1)
VALUES = encode_values(SENML_CBOR, {BATTERY: 80, LIFETIME: 300}, Registry.standard())
TWO = {"paths": ["/3/0/9", "/1/0/1"]}
SHOWN = {"path": "/3/0/9", "name": "Battery Level", "type": "Integer", "value": 80, "time": None}
ALSO = {**SHOWN, "path": "/1/0/1", "name": "Lifetime", "type": "Unsigned Integer", "value": 300}


@asynccontextmanager
async def served(folder: File, *query: str) -> AsyncIterator[tuple[httpx.AsyncClient, Scene]]:
    async with scene(folder, *(query or ("lwm2m=1.2",))) as one:
        app = create_api(one.world.services, upload_limit=100_000)
        url = f"http://server/v1/devices/{ENDPOINT}/"
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=url) as http:
            yield http, one


DONE = Response(CHANGED)
CASES: list[tuple[str, str, Any, Response, type[Operation], int, Any]] = [
    ("GET", "resources/3/0/9", None, Response(CONTENT, b"80", 0), Read, 200, [SHOWN]),
    ("PUT", "resources/1/0/1", {"value": 300}, DONE, Write, 204, None),
    ("PUT", "resources/1/0", {"value": {"1": 3}, "replace": False}, DONE, Write, 204, None),
    ("POST", "resources/3/0/4", {"arguments": "0='x'"}, DONE, Execute, 204, None),
    ("POST", "resources/3/0/4", None, DONE, Execute, 204, None),
    ("DELETE", "resources/1/0", None, Response(0x42), Delete, 204, None),
    (
        "POST",
        "instances/1",
        {"values": {"1": 300}},
        Response(CREATED, location=("1", "4")),
        Create,
        201,
        {"path": "/1/4"},
    ),
    (
        "GET",
        "links/3/0",
        None,
        Response(CONTENT, b"</3/0>;pmin=5,</3/0/9>", 40),
        Discover,
        200,
        [
            {"path": "/3/0", "attributes": {"pmin": "5"}},
            {"path": "/3/0/9", "attributes": {}},
        ],
    ),
    ("PUT", "attributes/3/0/9", {"pmin": 5, "gt": None}, DONE, WriteAttributes, 204, None),
    (
        "POST",
        "composite/read",
        TWO,
        Response(CONTENT, VALUES, SENML_CBOR),
        ReadComposite,
        200,
        [SHOWN, ALSO],
    ),
    (
        "POST",
        "composite/write",
        {"values": {"/1/0/1": 300, "/1/0": {"2": 1}}},
        DONE,
        WriteComposite,
        204,
        None,
    ),
    ("PUT", "observations/3/0/9", None, Response(CONTENT, b"80", 0), Observe, 200, [SHOWN]),
    ("DELETE", "observations/3/0/9", None, Response(CONTENT), CancelObservation, 204, None),
    (
        "POST",
        "composite/observe",
        TWO,
        Response(CONTENT, VALUES, SENML_CBOR),
        ObserveComposite,
        200,
        [SHOWN, ALSO],
    ),
    ("POST", "composite/cancel", TWO, Response(CONTENT), CancelComposite, 204, None),
]


async def test_every_operation_is_asked_and_its_answer_told(tmp_path: File) -> None:
    async with served(tmp_path) as (http, one):
        for method, path, body, response, kind, status, told in CASES:
            one.device.script = lambda _, response=response: response  # type: ignore[misc] # bound now
            one.device.asked.clear()
            answer = await http.request(method, path, json=body)
            assert answer.status_code == status, (path, answer.text)
            assert (answer.json() if answer.content else None) == told, path
            assert [type(each) for each in one.device.asked] == [kind], path


async def test_attributes_are_set_and_taken_away(tmp_path: File) -> None:
    async with served(tmp_path) as (http, one):
        one.device.script = lambda _: DONE
        await http.put("attributes/3/0/9", json={"pmin": 5, "edge": True, "gt": None})
        expected = NotificationAttributes(pmin=5, edge=True, unset=frozenset({"gt"}))
        assert one.device.asked == [WriteAttributes(BATTERY, expected)]


async def test_how_it_is_asked_is_told_by_parameters(tmp_path: File) -> None:
    async with served(tmp_path) as (http, one):
        one.device.script = lambda _: DONE
        asked = {"format": "tlv", "timeout": "9"}
        assert (await http.put("resources/1/0/1", params=asked, json={"value": 3})).is_success
        assert one.device.asked == [Write(LIFETIME, b"\xc1\x01\x03", TLV)]


async def test_what_is_observed_is_listed_until_it_is_cancelled(tmp_path: File) -> None:
    async with served(tmp_path) as (http, one):
        one.device.script = lambda operation: (
            Response(CONTENT, b"80", 0)
            if isinstance(operation, Observe)
            else Response(CONTENT, VALUES, SENML_CBOR)
        )
        await http.put("observations/3/0/9")
        await http.post("composite/observe", json=TWO)
        assert (await http.get("observations")).json() == [
            {"paths": ["/3/0/9"], "composite": False},
            {"composite": True, **TWO},
        ]
        await http.delete("observations/3/0/9", params={"active": "false"})
        await http.post("composite/cancel", json=TWO)
        assert (await http.get("observations")).json() == []


async def test_what_waits_for_a_device_that_sleeps_is_told_as_that(tmp_path: File) -> None:
    async with served(tmp_path, "lwm2m=1.1", "Q") as (http, one):
        await one.pass_by(200)
        for method, path, body in (
            ("GET", "resources/3/0/9", None),
            ("PUT", "resources/1/0/1", {"value": 300}),
            ("POST", "instances/1", {"values": {"1": 300}}),
            ("GET", "links/3", None),
        ):
            answer = await http.request(method, path, json=body)
            assert answer.status_code == 202, answer.text
            assert set(answer.json()) == {"queued"}
        assert one.device.asked == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "resources/3/0?format=pigeon", None, 400, "none of text, link"),
        ("GET", "resources/3/0?timeout=0", None, 422, "timeout"),
        ("PUT", "resources/1", {"value": 1}, 400, "too short"),
        ("PUT", "resources/1/0/1", {"value": "soon"}, 400, "Lifetime"),
        ("POST", "resources/3/0/4", {"arguments": "x y"}, 400, "0='x',1"),
        ("DELETE", "resources/3/0/9", None, 400, "only that is deleted"),
        ("POST", "instances/1", {"id": 65535, "values": {}}, 422, "65534"),
        ("POST", "instances/1/0", {"values": {}}, 400, "too long"),
        ("PUT", "attributes/3/0/9", {"pmin": 5, "pmax": 1}, 400, "pmax 1 is below pmin 5"),
        ("PUT", "attributes/3/0/9", {"pmim": 5}, 422, "pmim"),
        ("PUT", "attributes/3/0/9", {}, 400, "name an attribute"),
        ("POST", "composite/read", {"paths": []}, 400, "one path at least"),
        ("POST", "composite/read", {"paths": ["/x"]}, 400, "'x'"),
        ("POST", "composite/write", {"values": {"/1/0/1": "x"}}, 400, "Lifetime"),
        ("GET", "resources/3/0", None, 502, "Read /3/0: the endpoint answered 4.04"),
    ],
)
async def test_a_refusal_says_what_and_why(
    tmp_path: File, method: str, path: str, body: Any, status: int, words: str
) -> None:
    async with served(tmp_path) as (http, _):
        answer = await http.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        assert words in answer.text


@pytest.mark.parametrize(
    "body", ['{"gt": NaN}', '{"value": 1e400}', '{"\\ud800": 1}', "[Infinity]"]
)
@pytest.mark.parametrize("where", ["PUT attributes/3/0/9", "POST composite/read"])
async def test_what_json_cannot_repeat_is_refused(tmp_path: File, where: str, body: str) -> None:
    method, path = where.split()
    async with served(tmp_path) as (http, _):
        headers = {"content-type": "application/json"}
        answer = await http.request(method, path, content=body, headers=headers)
        assert answer.status_code in {400, 422}
        assert answer.json()["detail"]
