"""Wakaama's client: its Object 5 is a skeleton, which is not to keep anybody waiting for ever."""

from lwm2m_server.protocol.deployment import Outcome
from tests.lwm2m_server.coap.datagrams import CHANGED, Sent

from .device import Device
from .server import Server
from .updating import BAD_REQUEST, Answer, Updating, deploying, outcome


class Wakaama(Updating):
    """examples/client/common/object_firmware.c: State is 1 from the start, whatever is written."""

    def written(self, asked: Sent) -> Answer:
        answer = super().written(asked)
        self.state, self.package = 1, b""
        return answer

    def pointed(self, uri: bytes) -> Answer:
        return CHANGED, (), b""

    def executed(self, asked: Sent) -> Answer:
        if asked.payload or self.state != 1:
            return BAD_REQUEST, (), b""
        self.state = 2
        return CHANGED, (), b""


async def test_12_a_device_that_cannot_be_reset_is_said_to_be_so(
    server: Server, device: Device
) -> None:
    """State stays 1: the deployment ends with that as its reason, and nothing was executed."""
    one = Wakaama(device, state=1)
    deployment = await deploying(server, one)
    view = await outcome(server, one, deployment)
    assert view.outcome is Outcome.FAILED
    assert "cannot be reset" in (view.reason or "")
    assert "POST /5/0/2" not in one.log


async def test_12_execute_has_no_arguments(server: Server, device: Device) -> None:
    """With arguments it is 4.00; Update takes none (OMA LwM2M Core 1.1 E.6)."""
    one = Updating(device)
    await deploying(server, one)
    await one.until(server, lambda: one.state == 3)
    assert one.log[-1] == "POST /5/0/2"
