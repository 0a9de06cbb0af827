"""A device, a wire and a server that gets killed: what was promised survives."""

from pathlib import Path

import aiocoap
import pytest
from aiocoap.numbers.codes import Code

from .process import server_process
from .scene import ENDPOINT, scene

BLOCKS_BEFORE_THE_CUT = 4


@pytest.mark.parametrize(
    ("via", "delivery"),
    [
        ("firmware", "pull"),
        # Over DTLS a module is pushed by a server that is killed in test_secured.
        pytest.param("module", "push", marks=pytest.mark.slow),
        pytest.param("module", "pull", marks=pytest.mark.slow),
        pytest.param("firmware", "push", marks=pytest.mark.slow),
    ],
)
async def test_a_killed_server_finishes_what_it_began(
    tmp_path: Path, via: str, delivery: str
) -> None:
    async with scene(tmp_path) as at:
        at.wire.cut_after = BLOCKS_BEFORE_THE_CUT
        begun = await at.server.deploy(
            endpoint=ENDPOINT, model="digits", via=via, delivery=delivery
        )
        await at.wire.is_cut.wait()
        # What has arrived is noted behind the answers that bring it.
        moving = await at.server.until(f"deployments/{begun['id']}", "bytes_done")
        assert moving["phase"] == "transferring"
        assert moving["bytes_done"] < moving["bytes_total"]
        before = await at.server.get(f"devices/{ENDPOINT}")
        builds = await at.server.get("builds")
        await at.server.kill()
        at.wire.mend()
        await at.server.start()
        after = await at.server.get(f"devices/{ENDPOINT}")
        assert after["registration"]["id"] == before["registration"]["id"]
        assert after["hardware"] == before["hardware"]
        (kept,) = await at.server.get("deployments")
        assert (kept["id"], kept["build"]) == (begun["id"], moving["build"])
        ended = await at.server.until(f"deployments/{begun['id']}", "outcome")
        assert ended["outcome"] == "succeeded", ended["reason"]
        assert ended["self_test"]["passed"]
        assert await at.server.get("builds") == builds  # nothing was built again
        accepted = (at.device.executes_accepted, at.device.activates_accepted)
        assert accepted == ((1, 0) if via == "firmware" else (0, 1))
        assert (await at.server.get(f"devices/{ENDPOINT}"))["active_model"]["name"] == "digits"


@pytest.mark.slow
async def test_packages_that_are_not_for_this_slot_change_nothing(tmp_path: Path) -> None:
    """Written by hand, past all checks of the server: the device alone refuses them."""
    async with scene(tmp_path) as at:
        served = await at.deployed(model="digits", via="module", delivery="push")
        async with at.server.client() as client:
            page = await client.get(f"/v1/builds/{served['build']}/report.html")
        assert page.headers["content-type"].startswith("text/html")
        assert "<svg" in page.text
        assert (served["outcome"], served["slot"]) == ("succeeded", 1)
        key_hash = at.store.keys.load().key_hash
        image = at.store.artifacts.image(
            served["build"], key_hash, served["version"], served["model"]
        )
        one_bit = bytearray(image)
        one_bit[len(image) // 2] ^= 0x10
        memory = at.device.memory
        for package, result in ((image, 6), (bytes(one_bit), 5)):
            await at.server.write(ENDPOINT, "/26242/2/0", package.hex())
            assert await at.resource("/26242/2/4") == result
            assert await at.resource("/26242/2/3") == 0
            assert await at.resource("/26242/1/3") == 3
            assert await at.resource("/26242/1/7") == served["image_sha256"]
        assert (at.device.activates_accepted, at.device.boots) == (1, memory.boots)
        again = await at.deployed(model="digits", via="module", delivery="push")
        assert (again["outcome"], again["slot"]) == ("succeeded", 2)


@pytest.mark.slow
async def test_a_package_that_is_spoilt_on_its_way_ends_with_the_device_s_reason(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as at:
        at.wire.spoil = lambda data: data[:-1] + bytes((data[-1] ^ 1,))
        ended = await at.deployed(model="digits", via="module", delivery="push")
        assert ended["outcome"] == "failed"
        assert "Result 5" in ended["reason"]  # 26242: 5 is integrity
        assert at.device.activates_accepted == 0
        assert (await at.server.get(f"devices/{ENDPOINT}"))["active_model"] is None


async def test_a_bad_register_is_told_why_and_leaves_no_trace(tmp_path: Path) -> None:
    queries = {
        "ep=x&lt=soon&lwm2m=1.1": "lt",
        "ep=x&lt=-1&lwm2m=1.1": "lt",
        "lt=60&lwm2m=1.1": "ep",
    }
    async with server_process(tmp_path / "data") as server:
        context = await aiocoap.Context.create_client_context(transports=["udp6"])
        try:
            for query, words in queries.items():
                uri = f"coap://127.0.0.1:{server.coap_port}/rd?{query}"
                request = aiocoap.Message(code=Code.POST, uri=uri, payload=b"</1/0>")
                answer = await context.request(request).response
                assert answer.code == Code.BAD_REQUEST
                assert words in answer.payload.decode()
        finally:
            await context.shutdown()
        assert await server.get("devices") == []
        assert await server.stop() == 0
