"""`/dp` takes what endpoints Send, CON and NON alike (OMA LwM2M Transport 1.2 §6.4.6)."""

import aiocoap
import pytest
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import CON, NON

from lwm2m_server.protocol.errors import Forbidden, UnknownRegistration
from lwm2m_server.protocol.identity import NOSEC
from lwm2m_server.transport.errors import refusal
from objects.errors import CodecError, UnsupportedFormat

from .scene import device_at, serving

SENT = b'[{"n":"/3/0/9","v":80}]'


@pytest.mark.parametrize("kind", [CON, NON])
async def test_306_send(kind: aiocoap.numbers.types.Type) -> None:
    async with serving() as world, device_at(f"coap://127.0.0.1:{world.port}") as device:
        answer = await device.send(Code.POST, "/dp", payload=SENT, content_format=110, _mtype=kind)
        assert answer.code is Code.CHANGED
        ((address, identity, content_format, payload),) = world.sent
        assert address.startswith("coap://127.0.0.1:")
        assert (identity, content_format, payload) == (NOSEC, 110, SENT)


async def test_what_is_no_send_is_told_so() -> None:
    async with serving() as world, device_at(f"coap://127.0.0.1:{world.port}") as device:
        assert (await device.send(Code.GET, "/dp")).code is Code.METHOD_NOT_ALLOWED
        assert (await device.send(Code.POST, "/dp/1", payload=SENT)).code is Code.NOT_FOUND
        assert world.sent == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (UnknownRegistration("who?"), "4.04"),
        (Forbidden("not you"), "4.03"),
        (CodecError("no SenML"), "4.00"),
        (UnsupportedFormat("text"), "4.15"),
    ],
)
def test_a_refusal_has_the_code_of_its_fault(fault: Exception, code: str) -> None:
    assert f"{refusal(fault).code >> 5}.{refusal(fault).code & 31:02}" == code
