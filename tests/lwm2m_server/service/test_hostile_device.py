"""Whatever a device answers, its deployment ends, and no answer is a fault of the server's."""

import asyncio
from contextlib import aclosing
from pathlib import Path as File
from typing import Any

import pytest

from firmware_store import Store
from lwm2m_server.protocol.deployment import Delivery, DeploymentRequest, Outcome, Via
from lwm2m_server.protocol.operations import Operation, Read, Response
from objects.codecs import ContentFormat

from .fake_device import FakeDevice
from .memory import Memory
from .world import FakeClock, start

READS = ("/3/0", "/5/0", "/26241/0", "/26242", "/26242/0", "/26242/1", "/26242/1/14")
ANSWERS = {
    "4.04": Response(0x84),
    "5.00": Response(0xA0, b"diagnostic", None),
    "nothing": Response(0x45),
    "unknown format": Response(0x45, b"\x00", 65000),
    "format of links": Response(0x45, b"</3/0>", ContentFormat.LINK),
    "text": Response(0x45, b"\xff\xfe", ContentFormat.TEXT),
    "opaque": Response(0x45, b"\x00" * 9, ContentFormat.OPAQUE),
    "cut TLV": Response(0x45, b"\x08\x00\x79", ContentFormat.TLV),
    "TLV of another kind": Response(0x45, b"\xc1\x03\x07" * 3, ContentFormat.TLV),
    "broken CBOR": Response(0x45, b"\x9f\x9f\x9f\xbf", ContentFormat.SENML_CBOR),
    "CBOR without names": Response(0x45, b"\x81\xa1\x02\x01", ContentFormat.SENML_CBOR),
}


class Hostile(FakeDevice):
    """A device by the book but for one path, which it answers as told."""

    path: str
    response: Response

    def answer(self, operation: Operation) -> Response:
        if isinstance(operation, Read) and str(operation.path) == self.path:
            return self.response
        return super().answer(operation)


@pytest.mark.parametrize("via", Via)
@pytest.mark.parametrize("answer", ANSWERS)
async def test_an_answer_without_sense_ends_the_deployment_in_words(
    tmp_path: File, answer: str, via: Via, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path)
    key = store.keys.new()
    store.zoo.add("gesture", b"a model")
    for path in READS:
        device = Hostile(key_hash=key.key_hash)
        device.path, device.response = path, ANSWERS[answer]
        one = await start(Memory(), store, device, clock=FakeClock())
        async with aclosing(one.services):
            await one.register()
            asked = DeploymentRequest(device.endpoint, via, "gesture", delivery=Delivery.PUSH)
            view = await one.services.deployments.deploy(asked)
            waiting = asyncio.create_task(one.services.deployments.wait(view.id))

            def over(device: Any = device, waiting: Any = waiting) -> bool:
                return waiting.done() or device.firmware["state"] == 3

            await one.run_until(over)
            if device.firmware["state"] == 3:
                device.reboot()
                await one.register()
                await one.run_until(waiting.done)
            view = await waiting
            assert view.outcome is Outcome.SUCCEEDED or view.reason, (path, view)
            assert device.mistakes == []
    told = capsys.readouterr()
    assert "effect failed" not in told.err + told.out
    assert "Traceback" not in told.err + told.out
