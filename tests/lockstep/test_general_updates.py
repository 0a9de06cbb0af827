"""Firmware updates of devices that come and go, and fleets that come all at once."""

from lwm2m_server.protocol.deployment import Outcome

from .device import Device
from .server import Server
from .updating import Updating, deploying, outcome, under_way

FLEET = 150


async def test_16_a_device_that_de_registers_to_update_is_awaited(
    server: Server, device: Device
) -> None:
    """OMA issue #300; the deployment is the endpoint's, not that of a registration."""
    one = Updating(device)
    deployment = await deploying(server, one)
    await one.until(server, lambda: one.state == 3)
    await device.play(
        """
        > CON DELETE 0008 a8 /rd/$at
        < ACK 2.02 0008 a8
        """
    )
    await server.time.pass_by(600)
    assert await under_way(server, deployment)
    one.state, one.result, one.version = 0, 1, "2.0"
    await server.moved(device).play(
        """
        > CON POST 0001 a1 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.0 '</1/0>,</3/0>,</5/0>'
        """
    )
    assert (await outcome(server, one, deployment)).outcome is Outcome.SUCCEEDED


async def test_16_a_registration_that_expires_while_it_updates_ends_nothing(
    server: Server, device: Device
) -> None:
    """The lifetime is 300 s, and the device is away for longer."""
    one = Updating(device)
    deployment = await deploying(server, one)
    await one.until(server, lambda: one.state == 3)
    await server.time.pass_by(1200)
    assert server.services.registrations.all() == []
    assert await under_way(server, deployment)
    one.state, one.result, one.version = 0, 1, "2.0"
    while await device.poll() is not None:
        pass  # what it was asked while it was away
    await device.play(
        """
        > CON POST 0001 b1 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.0 '</1/0>,</3/0>,</5/0>'
        """
    )
    assert (await outcome(server, one, deployment)).outcome is Outcome.SUCCEEDED


async def test_19_a_herd_is_answered_at_once_and_read_in_turn(server: Server) -> None:
    """AT-LargeScaleInstallations.rst: after a blackout everybody registers; 200 reads a second."""
    herd = [server.device() for _ in range(FLEET)]
    for number, one in enumerate(herd):
        one.names.known["name"] = f"ep=dev{number}".encode()
        await one.play("> CON POST 0001 a1 /rd cf=40 query=$name ?lwm2m=1.1 '</1/0>,</3/0>'")
    for one in herd:
        await one.play("< ACK 2.01 0001 a1 loc=/rd/$at")
    assert len(server.services.registrations.all()) == FLEET
    read, began = 0, server.time.now()
    while read < FLEET:
        await server.time.pass_by(0.1)
        for one in herd:
            while (data := await one.poll()) is not None:
                read += 1
                reply = bytes([0x60 | data[0] & 15, 0x84]) + data[2 : 4 + (data[0] & 15)]
                one.say(reply)
        assert read <= 2 + 200 * (server.time.now() - began)
