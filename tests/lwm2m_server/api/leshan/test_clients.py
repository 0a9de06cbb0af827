"""`/api/clients` as scripts made for Leshan's demo call it, and what they then see."""

from typing import Any

import pytest

from lwm2m_server.protocol.operations import (
    CancelComposite,
    CancelObservation,
    Create,
    Delete,
    Discover,
    Execute,
    Observe,
    ObserveComposite,
    Read,
    ReadComposite,
    Response,
    Write,
    WriteAttributes,
    WriteComposite,
)
from lwm2m_server.protocol.registration import RegisterRequest
from objects.codecs import ContentFormat, decode, decode_paths, decode_records
from objects.path import Path
from objects.tree import ObjectInstance, Resource, ResourceInstance

from .scene import (
    CHANGED,
    CONTENT,
    CREATED,
    DEFINITIONS,
    DELETED,
    ENDPOINT,
    Scene,
    content,
    records,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def told(status: str, **more: Any) -> dict[str, Any]:
    """What is told of an operation that succeeded."""
    return {"status": status, "valid": True, "success": True, "failure": False, **more}


# --- registrations ----------------------------------------------------------------------------


async def test_101_a_registration_is_shown(api: Scene) -> None:
    shown = await api.get("")
    now = shown["registrationDate"]
    assert now == int(api.world.clock.time * 1000)  # milliseconds
    assert shown == {
        "endpoint": ENDPOINT,
        "registrationId": shown["registrationId"],
        "registrationDate": now,
        "lastUpdate": now,
        "address": shown["address"],
        "lwM2mVersion": "1.1",
        "lifetime": 86400,
        "bindingMode": "U",
        "rootPath": "/",
        "objectLinks": [
            {"url": "/", "attributes": {"rt": '"oma.lwm2m"', "ct": "112"}},
            *(
                {"url": path, "attributes": {}}
                for path in ("/1/0", "/3/0", "/5/0", "/26241/0", "/26242/1", "/26242/2")
            ),
        ],
        "secure": False,
        "additionalRegistrationAttributes": {},
        "queuemode": False,
        "availableInstances": {"1": [0], "3": [0], "5": [0], "26241": [0], "26242": [1, 2]},
    }
    listed = await api.http.get("/api/clients")
    assert listed.json() == [shown]


async def test_108_queue_mode_is_told(api: Scene) -> None:
    query = ("ep=sleepy", "lwm2m=1.1", "b=U", "Q", "sms=123", "site=roof")
    request = RegisterRequest(
        "coap://[::1]:5?local=::1", query, b'</lwm2m>;rt="oma.lwm2m",</lwm2m/3>;ver=1.1'
    )
    await api.world.services.registrations.register(request).durable
    shown = (await api.http.get("/api/clients/sleepy")).json()
    assert (shown["queuemode"], shown["sleeping"]) == (True, False)
    assert shown["address"] == "[::1]:5"
    assert shown["smsNumber"] == "123"
    assert shown["additionalRegistrationAttributes"] == {"site": "roof"}
    assert shown["objectLinks"] == [
        {"url": "/lwm2m", "attributes": {"rt": '"oma.lwm2m"'}},
        {"url": "/lwm2m/3", "attributes": {"ver": "1.1"}},
    ]
    assert shown["availableInstances"] == {}
    api.world.clock.pass_until(api.world.clock.time + 94)
    assert (await api.http.get("/api/clients/sleepy")).json()["sleeping"]


@pytest.mark.parametrize("path", ["", "/3/0", "/3/0/discover", "/composite?paths=/3"])
async def test_an_endpoint_that_is_not_registered_is_told(api: Scene, path: str) -> None:
    answer = await api.http.get(f"/api/clients/urn%3Ax%2Fy{path}")
    assert (answer.status_code, answer.text) == (400, "No registered client with id 'urn:x/y'")


# --- operations -------------------------------------------------------------------------------


async def test_224_read(api: Scene) -> None:
    api.device.told[Read] = content("/1/0/1", Resource(1, 86400))
    shown = await api.get("/1/0/1", params={"timeout": 10, "format": "SENML_CBOR"})
    value = {"id": 1, "kind": "singleResource", "type": "INTEGER", "value": "86400"}
    assert shown == told("CONTENT(205)", content=value)
    assert api.device.last(Read) == Read(Path(1, 0, 1), ContentFormat.SENML_CBOR)


@pytest.mark.parametrize("name", ["TLV", "json", "Text", "CBOR", "SENML_JSON", "OPAQUE", "112"])
async def test_the_format_is_asked_for_by_its_name(api: Scene, name: str) -> None:
    answer = await api.http.get(f"/api/clients/{ENDPOINT}/3/0", params={"format": name})
    if name.isdigit():
        assert answer.text.startswith("Invalid request: format='112' is none of TEXT, LINK")
    else:
        assert api.device.last(Read).accept == ContentFormat[name.upper()]


async def test_an_error_of_the_endpoint_is_an_answer(api: Scene) -> None:
    api.device.told[Read] = Response(0x81, b"not yours")
    assert await api.get("/0/0") == {
        "status": "UNAUTHORIZED(401)",
        "valid": True,
        "success": False,
        "failure": True,
        "errormessage": "not yours",
    }
    api.device.told[Read] = Response(0x9D)
    assert (await api.get("/0/0"))["status"] == "UNKNOWN(429)"
    assert (await api.get("/0/0"))["valid"] is False


async def test_an_answer_that_cannot_be_read_is_told(api: Scene) -> None:
    api.device.told[Read] = Response(CONTENT, b"\xff", ContentFormat.SENML_CBOR)
    answer = await api.http.get(f"/api/clients/{ENDPOINT}/3/0")
    assert answer.status_code == 500
    assert answer.text.startswith("Invalid Response: ")


@pytest.mark.proves("api-timeout")
async def test_an_endpoint_that_does_not_answer_times_out(api: Scene) -> None:
    api.device.reachable = False
    answer = await api.http.get(f"/api/clients/{ENDPOINT}/3/0")
    assert (answer.status_code, answer.text) == (504, "Request timeout")


@pytest.mark.parametrize("name", ["TEXT", "SENML_CBOR", "TLV"])
async def test_227_write_to_a_resource(api: Scene, name: str) -> None:
    api.device.told[Write] = Response(CHANGED)
    data = {"id": "1", "kind": "singleResource", "value": 63, "type": "integer"}
    query = f"?timeout=10&format={name}"
    assert await api.put(f"/1/0/1{query}", json=data) == told("CHANGED(204)")
    sent = api.device.last(Write)
    assert (sent.path, sent.content_format, sent.replace) == (
        Path(1, 0, 1),
        ContentFormat[name],
        True,
    )
    node = decode(sent.content_format, sent.payload, sent.path, DEFINITIONS)
    assert node == Resource(1, 63)


async def test_228_write_to_a_resource_instance(api: Scene) -> None:
    api.device.told[Write] = Response(CHANGED)
    data = {"id": "0", "kind": "resourceInstance", "value": "test", "type": "string"}
    await api.put("/16/0/0/0?format=SENML_CBOR", json=data)
    sent = api.device.last(Write)
    node = decode(sent.content_format, sent.payload, sent.path, DEFINITIONS)
    assert node == ResourceInstance(0, "test")


@pytest.mark.parametrize("replace", ["true", "false", None])
async def test_226_write_to_an_instance(api: Scene, replace: str | None) -> None:
    api.device.told[Write] = Response(CHANGED)
    resources = [
        {"id": 1, "kind": "singleResource", "value": 60, "type": "integer"},
        {"id": 6, "kind": "singleResource", "value": True, "type": "boolean"},
    ]
    query = "" if replace is None else f"?replace={replace}"
    data = {"kind": "instance", "id": 0, "resources": resources}
    assert (await api.put(f"/1/0{query}", json=data))["status"] == "CHANGED(204)"
    sent = api.device.last(Write)
    assert sent.replace is (replace != "false")
    node = decode(sent.content_format, sent.payload, sent.path, DEFINITIONS)
    assert node == ObjectInstance(0, (Resource(1, 60), Resource(6, True)))


async def test_a_resource_may_be_written_as_plain_text(api: Scene) -> None:
    api.device.told[Write] = Response(CHANGED)
    headers = {"content-type": "text/plain;charset=utf-8"}
    await api.put("/1/0/1", content="61", headers=headers)
    sent = api.device.last(Write)
    assert decode(sent.content_format, sent.payload, sent.path, DEFINITIONS) == Resource(1, 61)


async def test_260_write_attributes(api: Scene) -> None:
    api.device.told[WriteAttributes] = Response(CHANGED)
    assert await api.put("/3/attributes?pmin=10&pmax=200&timeout=3") == told("CHANGED(204)")
    sent = api.device.last(WriteAttributes)
    assert (sent.path, sent.attributes.query()) == (Path(3), ("pmin=10", "pmax=200"))
    await api.put("/3/0/7/attributes?lt&st")
    assert api.device.last(WriteAttributes).attributes.query() == ("lt", "st")
    api.device.told[WriteAttributes] = Response(0x80)
    assert (await api.put("/3/0/0/attributes?gt=4200"))["status"] == "BAD_REQUEST(400)"


async def test_260_discover(api: Scene) -> None:
    links = b'</3/0>;pmin=10,</3/0/7>;dim=2;lt=1.0;title="a b",</3/0/8>;x'
    api.device.told[Discover] = Response(CONTENT, links, ContentFormat.LINK)
    assert await api.get("/3/0/discover") == told(
        "CONTENT(205)",
        objectLinks=[
            {"url": "/3/0", "attributes": {"pmin": "10"}},
            {"url": "/3/0/7", "attributes": {"dim": "2", "lt": "1.0", "title": '"a b"'}},
            {"url": "/3/0/8", "attributes": {"x": None}},
        ],
    )


@pytest.mark.parametrize("arguments", ["", "0='x',1"])
async def test_241_execute(api: Scene, arguments: str) -> None:
    api.device.told[Execute] = Response(CHANGED)
    assert await api.post("/3/0/4", content=arguments) == told("CHANGED(204)")
    assert api.device.last(Execute) == Execute(Path(3, 0, 4), arguments)


async def test_1630_create(api: Scene) -> None:
    api.device.told[Create] = Response(CREATED, location=("16", "1"))
    resource = {"id": 0, "kind": "multiResource", "values": {"0": "a", "1": "b"}, "type": "string"}
    data = {"kind": "instance", "id": 1, "resources": [resource]}
    shown = await api.post("/16?timeout=10&format=SENML_CBOR", json=data)
    assert shown == told("CREATED(201)", location="16/1")
    sent = api.device.last(Create)
    assert sent.path == Path(16)
    found = {one.path: one.value for one in decode_records(112, sent.payload, DEFINITIONS, 0.0)}
    assert found == {Path(16, 1, 0, 0): "a", Path(16, 1, 0, 1): "b"}


async def test_1635_delete(api: Scene) -> None:
    api.device.told[Delete] = Response(DELETED)
    assert await api.delete("/16/0") == told("DELETED(202)")
    assert api.device.last(Delete) == Delete(Path(16, 0))


async def test_302_observe_and_cancel_passively(api: Scene) -> None:
    api.device.told[Observe] = content("/3/0/9", Resource(9, 100))
    shown = await api.post("/3/0/9/observe?timeout=10&format=TLV", content="")
    assert shown["content"]["value"] == "100"
    assert api.device.last(Observe) == Observe(Path(3, 0, 9), ContentFormat.TLV)
    assert await api.delete("/3/0/9/observe") is None
    assert api.device.last(CancelObservation) == CancelObservation(Path(3, 0, 9), active=False)


async def test_303_cancel_actively(api: Scene) -> None:
    api.device.told[Observe] = content("/3/0/9", Resource(9, 100))
    await api.post("/3/0/9/observe")
    api.device.told[CancelObservation] = content("/3/0/9", Resource(9, 99))
    shown = await api.delete("/3/0/9/observe?active")
    assert (shown["status"], shown["content"]["value"]) == ("CONTENT(205)", "99")
    assert api.device.last(CancelObservation).active
    answer = await api.http.delete(f"/api/clients/{ENDPOINT}/3/0/9/observe?active")
    assert answer.status_code == 404
    assert answer.text == f"no observation for path /3/0/9 for  client '{ENDPOINT}'"


# --- composite operations ---------------------------------------------------------------------

COMPOSITE = {"pathformat": "SENML_CBOR", "nodeformat": "SENML_JSON", "timeout": 10}


async def test_229_read_composite(api: Scene) -> None:
    api.device.told[ReadComposite] = records({"/1/0/1": 60, "/3/0/11/0": 0, "/1/0/7": "U"})
    paths = "/1/0,/3/0/11/0,/3339/0/5522"
    shown = await api.get("/composite", params={**COMPOSITE, "paths": paths})
    assert {path: node["kind"] for path, node in shown["content"].items()} == {
        "/1/0": "instance",
        "/3/0/11/0": "resourceInstance",
    }
    sent = api.device.last(ReadComposite)
    assert decode_paths(sent.content_format, sent.payload) == sent.paths
    assert [str(path) for path in sent.paths] == paths.split(",")
    assert (sent.content_format, sent.accept) == (112, 110)


async def test_230_write_composite(api: Scene) -> None:
    api.device.told[WriteComposite] = Response(CHANGED)
    data = {
        "/1/0/1": {"id": 1, "kind": "singleResource", "value": 60, "type": "integer"},
        "/3/0/13": {"id": 13, "kind": "singleResource", "value": 0, "type": "time"},
        "/16/0/0": {"id": 0, "kind": "multiResource", "values": {"3": "d"}, "type": "string"},
    }
    shown = await api.put("/composite", params=COMPOSITE, json=data)
    assert shown == told("CHANGED(204)")
    sent = api.device.last(WriteComposite)
    assert sent.content_format == ContentFormat.SENML_JSON
    found = decode_records(sent.content_format, sent.payload, DEFINITIONS, 0.0)
    assert {str(one.path): one.value for one in found} == {
        "/1/0/1": 60,
        "/3/0/13": 0,
        "/16/0/0/3": "d",
    }


async def test_304_observe_composite_and_cancel(api: Scene) -> None:
    api.device.told[ObserveComposite] = records({"/1/0/1": 60, "/3/0/16": "U"})
    api.device.told[CancelComposite] = records({"/1/0/1": 60, "/3/0/16": "U"})
    query = {**COMPOSITE, "paths": "/1/0/1,/3/0/16"}
    shown = await api.post("/composite/observe", params=query)
    assert sorted(shown["content"]) == ["/1/0/1", "/3/0/16"]
    shown = await api.delete("/composite/observe?paths=/1/0/1,/3/0/16&active")
    assert shown["success"]
    assert api.device.last(CancelComposite).active
    await api.post("/composite/observe", params=query)
    assert await api.delete("/composite/observe?paths=/1/0/1,/3/0/16") is None
    assert not api.device.last(CancelComposite).active
    gone = await api.http.delete(f"/api/clients/{ENDPOINT}/composite/observe?paths=/9&active")
    assert (gone.status_code, "no composite observation for paths [/9]" in gone.text) == (404, True)


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("GET", "/3/x", None, "'x'"),
        ("GET", "/composite", None, "paths=/3/0/0"),
        ("GET", "/composite?paths=/x", None, "'/x'"),
        ("GET", "/3/0?format=XML", None, "format='XML' is none of TEXT"),
        ("PUT", "/3", {}, "Invalid path"),
        ("PUT", "/3/0/13", {"id": 13, "value": "x", "type": "time"}, "'x' is no TIME"),
        ("PUT", "/3/0/13", [], "no JSON object"),
        ("PUT", "/3/0/4", {"id": 4, "value": "x", "type": "string"}, "executed, not written"),
        ("PUT", "/3/attributes?speed=1", None, "'speed' is no attribute"),
        ("PUT", "/composite", [1], "nodes by path"),
        ("PUT", "/composite", {"/x": {}}, "'/x'"),
        ("POST", "/16", {"kind": "obj", "id": 16}, "'obj' does not fit here"),
        ("POST", "/%2F", {"resources": []}, "instances are created of an object"),
        ("POST", "/1/2/3/4", None, "Invalid path"),
        ("POST", "/composite", None, "Invalid path"),
        ("POST", "/3/0/4", "0='x", "arguments"),
        ("DELETE", "/composite", None, "Invalid path"),
        ("DELETE", "/16", None, "too short"),
    ],
)
async def test_a_refusal_says_what_and_why(
    api: Scene, method: str, path: str, body: Any, words: str
) -> None:
    given = {"content": body} if isinstance(body, str) else {"json": body}
    answer = await api.http.request(method, f"/api/clients/{ENDPOINT}{path}", **given)
    assert (answer.status_code, "Traceback" in answer.text) == (400, False)
    assert words in answer.text


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b"[" * 100_000, b'{"id": NaN}', b'"\\ud800"', b"1" * 5000]
)
async def test_a_body_that_is_no_json_is_refused(api: Scene, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    url = f"/api/clients/{ENDPOINT}/3/0/13"
    answer = await api.http.put(url, content=body, headers=headers)
    assert (answer.status_code, answer.text[:16]) == (400, "Invalid request:")


async def test_a_body_of_another_kind_is_refused(api: Scene) -> None:
    url = f"/api/clients/{ENDPOINT}/3/0/13"
    answer = await api.http.put(url, content=b"x", headers={"content-type": "image/png"})
    assert (answer.status_code, "'image/png' not supported" in answer.text) == (400, True)


# --- object specs -----------------------------------------------------------------------------


async def test_definitions_of_what_an_endpoint_offers(api: Scene) -> None:
    specs = (await api.http.get(f"/api/objectspecs/{ENDPOINT}")).json()
    assert [one["id"] for one in specs] == [1, 3, 5, 26241, 26242]
    device = specs[1]
    assert (device["name"], device["instancetype"]) == ("Device", "single")
    reboot = next(one for one in device["resourcedefs"] if one["id"] == 4)
    assert (reboot["operations"], reboot["type"]) == ("E", "none")
    assert (await api.http.get("/api/objectspecs")).text == "Invalid path"
    assert (await api.http.get("/api/objectspecs/none")).status_code == 400
