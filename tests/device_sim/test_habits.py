"""What devices do by themselves, against a scripted server over loopback."""

import asyncio
from typing import Any

from aiocoap import Code

from device_sim.board import board
from device_sim.device import SimulatedDevice
from device_sim.events import DeviceEvent, DeviceEventKind
from device_sim.habits import Habits, Sleep
from objects import codecs
from objects.path import Path
from objects.registry import Registry
from objects.tree import ObjectInstance, Resource
from tests.device_sim.images import trusted
from tests.device_sim.peer import SENML_CBOR, TEXT, TLV, Peer, serving

REGISTRY = Registry.standard()
OFTEN = 0.02


def device(peer: Peer, habits: Habits, **options: Any) -> SimulatedDevice:
    return SimulatedDevice(
        *(board("sim-m4"), "m4", peer.uri, trusted().public),
        reset_delay=0.01,
        habits=habits,
        **options,
    )


def values(payload: bytes) -> dict[str, Any]:
    records = codecs.decode_records(SENML_CBOR, payload, REGISTRY, 0.0)
    return {str(record.path): record.value for record in records}


async def test_306_307_a_device_sends_until_it_is_muted() -> None:
    sent: list[str] = []

    def follow(event: DeviceEvent) -> None:
        if event.kind is DeviceEventKind.SENT:
            sent.append(str(event.data["code"]))

    async with serving() as peer, device(peer, Habits(send=OFTEN), on_event=follow) as it:
        assert b"</3303/0>" in (await peer.expect("register")).payload
        request = await peer.expect("send")
        (record,) = codecs.decode_records(
            request.opt.content_format, request.payload, REGISTRY, 0.0
        )
        assert (record.path, type(record.value)) == (Path(3303, 0, 5700), float)
        assert record.time is not None
        assert await peer.write("/1/0/23", b"1", TEXT) == Code.CHANGED
        assert await peer.text("/1/0/23") == "1"
        assert it.registered
    assert sent
    assert set(sent) <= {"2.04", "none"}  # the last one may have been cut off


async def test_301_an_observation_follows_the_thermometer() -> None:
    async with serving() as peer, device(peer, Habits(sense=OFTEN)):
        await peer.expect("register")
        observed = await peer.observe("/3303/0/5700")
        assert await observed.until(b"25.0")


async def test_304_only_what_crosses_a_limit_is_told() -> None:
    async with serving() as peer, device(peer, Habits(sense=OFTEN)):
        await peer.expect("register")
        written = await peer.ask(Code.PUT, "/3303/0/5700", uri_query=("gt=24.9",))
        assert written.code == Code.CHANGED
        observed = await peer.observe("/3303/0/5700")
        # The wave is above 24.9 at its crest of 25.0 alone.
        assert await observed.until(b"25.0") == [b"25.0"]


async def test_308_several_paths_are_observed_as_one() -> None:
    async with serving() as peer, device(peer, Habits()):
        await peer.expect("register")
        paths = codecs.encode_paths(SENML_CBOR, [Path(1, 0, 1), Path(3, 0, 0)])
        observed = await peer.observe(
            "/", SENML_CBOR, Code.FETCH, payload=paths, content_format=SENML_CBOR
        )
        assert values(observed.first) == {"/1/0/1": 300, "/3/0/0": "TinyMLaaS"}
        assert await peer.write("/1/0/1", b"60", TEXT) == Code.CHANGED
        after = codecs.encode_values(
            SENML_CBOR, {Path(1, 0, 1): 60, Path(3, 0, 0): "TinyMLaaS"}, REGISTRY
        )
        assert await observed.until(after)


async def test_109_a_device_that_sleeps_hears_nothing_until_it_wakes() -> None:
    habits = Habits(sleep=Sleep(awake=0.05, every=0.4))
    async with serving() as peer, device(peer, habits):
        registered = await peer.expect("register")
        assert registered.query.get("Q") == ""
        # An answer says that it woke in between: what is asked is sent anew by CoAP.
        async with asyncio.timeout(10):
            await peer.expect("update")
            assert await peer.text("/3/0/16") == "U"
            await peer.expect("update")


def account(uri: str) -> dict[str, ObjectInstance]:
    security = {0: uri, 1: False, 2: 3, 3: b"", 4: b"", 5: b"", 10: 7}
    server = {0: 7, 1: 120, 6: False, 7: "U"}
    return {
        "/0/1": ObjectInstance.of(1, [Resource(*one) for one in security.items()]),
        "/1/0": ObjectInstance.of(0, [Resource(*one) for one in server.items()]),
    }


async def test_0_a_client_initiated_bootstrap_leads_to_a_registration() -> None:
    async with serving() as bootstrap, serving() as peer:
        async with device(bootstrap, Habits(bootstrap=True)):
            for _ in range(2):
                request = await bootstrap.expect("bootstrap")
                assert request.opt.uri_query == ("ep=m4",)
                await told(bootstrap, request.remote, peer.uri)
                registered = await peer.expect("register")
                assert registered.query["lt"] == "120"
                assert await peer.text("/1/0/0") == "7"
                # Server-initiated: an Execute sends it there again.
                assert await peer.execute("/1/0/9") == Code.CHANGED
            await told(bootstrap, (await bootstrap.expect("bootstrap")).remote, peer.uri)
            await peer.expect("register")
        await peer.expect("deregister")


async def told(bootstrap: Peer, remote: Any, uri: str) -> None:
    """Delete, write and finish; before there is an account, Finish is refused."""

    async def ask(code: Code, path: str, **options: Any) -> Code:
        return (await bootstrap.ask(code, path, remote=remote, **options)).code

    assert await ask(Code.DELETE, "/") == Code.DELETED
    assert await ask(Code.POST, "/bs") == Code.NOT_ACCEPTABLE
    assert await ask(Code.PUT, "/9/0", payload=b"", content_format=TLV) == Code.NOT_FOUND
    assert await ask(Code.GET, "/0") == Code.METHOD_NOT_ALLOWED
    for path, instance in account(uri).items():
        payload = codecs.encode(TLV, Path.parse(path), instance, REGISTRY)
        assert await ask(Code.PUT, path, payload=payload, content_format=TLV) == Code.CHANGED
    found = await bootstrap.ask(Code.GET, "/", remote=remote, accept=40)
    assert found.payload == b'</>;lwm2m="1.1",</0/1>;ssid=7,</1/0>;ssid=7'
    assert (await bootstrap.ask(Code.GET, "/1", remote=remote, accept=TLV)).code == Code.CONTENT
    assert await ask(Code.POST, "/bs") == Code.CHANGED
