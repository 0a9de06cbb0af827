"""Notifications and Send as events: values by path, with their times (§6.4)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path as File

import pytest

from lwm2m_server.protocol.errors import Forbidden, UnknownRegistration
from lwm2m_server.protocol.identity import NOSEC, Identity, SecurityMode
from lwm2m_server.protocol.operations import Response
from lwm2m_server.protocol.queue_mode import AWAKE_WINDOW
from lwm2m_server.protocol.registration import UpdateRequest
from objects.codecs import encode_values
from objects.errors import CodecError, UnsupportedFormat
from objects.path import Path
from objects.registry import Registry
from objects.value import Value

from .scripted import CONTENT, ENDPOINT, scene

SENML_JSON, SENML_CBOR, OPAQUE = 110, 112, 42
PACKAGE = Path(5, 0, 0)
BATTERY = Path(3, 0, 9)
# RFC 8428 §4.5.3: times below 2^28 are relative to now, which is 1001.001 here.
SENT = b'[{"bn":"/3/0/","n":"9","v":80},{"n":"13","v":7}]'
DATED = b'[{"bn":"/3/0/9","bt":1700000000,"v":80},{"t":10,"v":79},{"t":5,"v":78}]'


class Listener:
    """Keeps what is reported."""

    def __init__(self) -> None:
        self.heard: list[tuple[Path, ...]] = []

    def notified(self, endpoint: str, paths: Sequence[Path]) -> None:
        assert endpoint == ENDPOINT
        self.heard.append(tuple(paths))


async def test_306_send(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        listener = Listener()
        one.world.services.reporting.listen(listener)
        one.world.services.reporting.sent("peer", NOSEC, SENML_JSON, SENT)
        assert await one.told("send") == [{"values": {"/3/0/9": 80, "/3/0/13": 7}}]
        assert listener.heard == [(BATTERY, Path(3, 0, 13))]


async def test_times_are_told_and_several_values_of_one_path_are_its_history(
    tmp_path: File,
) -> None:
    expected = {
        "values": {"/3/0/9": 79},
        "times": {"/3/0/9": 1700000010},
        "history": [
            [1700000000, "/3/0/9", 80],
            [1700000010, "/3/0/9", 79],
            [1700000005, "/3/0/9", 78],
        ],
    }
    async with scene(tmp_path, "lwm2m=1.1") as one:
        reporting = one.world.services.reporting
        reporting.sent("peer", NOSEC, SENML_JSON, DATED)
        assert await one.told("send") == [expected]
        reporting.notified(ENDPOINT, BATTERY, Response(CONTENT, DATED, SENML_JSON))
        told = {"path": "/3/0/9", "code": "2.05", **expected}
        assert await one.told("notification") == [told]


async def test_what_is_told_of_one_payload_is_bounded(tmp_path: File) -> None:
    payload = b'[{"bn":"/3/0/9","v":1}' + b',{"v":2}' * 5000 + b"]"
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.world.services.reporting.sent("peer", NOSEC, SENML_JSON, payload)
        (told,) = await one.told("send")
        history = told["history"]
        assert isinstance(history, list)
        assert len(history) + told["omitted"] == 5001  # type: ignore[operator] # a number
        assert len(history) < 5001


async def test_the_end_of_an_observation_is_told_by_its_code(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.world.services.reporting.notified(ENDPOINT, (BATTERY,), Response(0x84, b"gone"))
        assert await one.told("notification") == [{"paths": ["/3/0/9"], "code": "4.04"}]


@pytest.mark.parametrize(
    ("content_format", "payload", "fault"),
    [(SENML_JSON, b"[", CodecError), (None, SENT, UnsupportedFormat), (0, b"1", UnsupportedFormat)],
)
async def test_what_cannot_be_read_is_refused_and_told_of_to_nobody(
    tmp_path: File, content_format: int | None, payload: bytes, fault: type[CodecError]
) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        with pytest.raises(fault):
            one.world.services.reporting.sent("peer", NOSEC, content_format, payload)
        assert await one.told("send") == []


async def test_who_is_not_registered_is_not_heard(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        sent = one.world.services.reporting.sent
        with pytest.raises(UnknownRegistration):
            sent("elsewhere", NOSEC, SENML_JSON, SENT)
        with pytest.raises(UnknownRegistration):
            sent("peer", Identity(SecurityMode.PSK, "nobody"), SENML_JSON, SENT)
        with pytest.raises(Forbidden):
            sent("peer", Identity(SecurityMode.X509, ENDPOINT), SENML_JSON, SENT)


async def test_an_endpoint_is_known_by_where_it_is_now(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        sent = one.world.services.reporting.sent
        location = await one.register("lwm2m=1.1")
        one.world.services.registrations.update(UpdateRequest(location, "elsewhere"))
        sent("elsewhere", NOSEC, SENML_JSON, SENT)
        with pytest.raises(UnknownRegistration):
            sent("peer", NOSEC, SENML_JSON, SENT)
        one.world.services.registrations.deregister(location)
        with pytest.raises(UnknownRegistration):
            sent("elsewhere", NOSEC, SENML_JSON, SENT)


@pytest.mark.parametrize("payload", [b"[]", b"["])
async def test_who_sends_is_awake_whatever_it_sends(tmp_path: File, payload: bytes) -> None:
    async with scene(tmp_path, "lwm2m=1.1", "Q") as one:
        services = one.world.services
        registration = services.gateway.registration(ENDPOINT)
        await one.pass_by(AWAKE_WINDOW + 1)
        assert not services.presence.awake(registration)
        with suppress(CodecError):
            services.reporting.sent("peer", NOSEC, SENML_JSON, payload)
        assert services.presence.awake(registration)


async def test_of_large_values_an_event_tells_those_that_fit(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        reporting = one.world.services.reporting
        small, large = encoded({BATTERY: 80}), encoded({BATTERY: 80, PACKAGE: bytes(100_000)})
        reporting.sent("peer", NOSEC, SENML_CBOR, small)
        reporting.sent("peer", NOSEC, SENML_CBOR, large)
        reporting.notified(ENDPOINT, PACKAGE, Response(CONTENT, bytes(100_000), OPAQUE))
        values = {"values": {"/3/0/9": 80}}
        assert await one.told("send") == [values, {**values, "omitted": 1}]
        (told,) = await one.told("notification")
        assert (told["values"], told["omitted"]) == ({}, 1)


def encoded(values: Mapping[Path, Value]) -> bytes:
    return encode_values(SENML_CBOR, values, Registry.standard())
