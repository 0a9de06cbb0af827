"""Anjay 3: tries the highest version first, reports by NON, and pulls with ETags."""

import asyncio

import pytest

from lwm2m_server.protocol.deployment import Delivery, Outcome
from lwm2m_server.service.answers import Answer as Answered
from objects.path import Path
from tests.lwm2m_server.coap.datagrams import CHANGED

from .device import Device
from .server import Server
from .updating import BAD_REQUEST, IMAGE, Answer, Updating, deploying, outcome, under_way


class Anjay(Updating):
    """A URI when not Idle is 4.00; of another scheme 4.00 with Result 9, as asked for."""

    scheme = "coap://"

    def pointed(self, uri: bytes) -> Answer:
        if not uri or (self.state == 0 and uri.decode().startswith(self.scheme)):
            return super().pointed(uri)
        if self.state == 0:
            self.result = 9
        return BAD_REQUEST, (), b""


class OnlyNul(Anjay):
    """Takes an empty URI for a wrong one: only the single NUL resets it."""

    def pointed(self, uri: bytes) -> Answer:
        return super().pointed(uri) if uri else (BAD_REQUEST, (), b"")


@pytest.mark.parametrize("version", ["1.2", "1.1", "1.0"])
async def test_9_registers_with_the_highest_version_it_speaks(
    server: Server, device: Device, version: str
) -> None:
    """Upon 4.12 it would try the next lower one: the answer has to come at once either way."""
    await device.play(
        f"""
        > CON POST 0001 a1 /rd cf=40 ?lwm2m={version} ?ep=dev ?lt=86400 '</1/0>'
        < ACK 2.01 0001 a1 loc=/rd/$at
        """
    )
    assert server.registration().lwm2m_version == version


async def test_9_falls_back_by_4_12(server: Server, device: Device) -> None:
    """From a version of which nobody knows yet, under the same endpoint name."""
    await device.play(
        """
        > CON POST 0001 a1 /rd cf=40 ?lwm2m=1.3 ?ep=dev ?lt=86400 '</1/0>'
        < ACK 4.12 0001 a1 ...
        > CON POST 0002 a2 /rd cf=40 ?lwm2m=1.2 ?ep=dev ?lt=86400 '</1/0>'
        < ACK 2.01 0002 a2 loc=/rd/$at
        """
    )
    assert server.registration().lwm2m_version == "1.2"


async def test_10_a_uri_is_written_when_the_state_is_idle(server: Server, device: Device) -> None:
    """FU-AFU-StateDiagram.rst: what is no trigger in the present state is 4.00."""
    one = Anjay(device, state=2, result=0, method=0)
    await deploying(server, one, Delivery.PULL)
    await one.until(server, lambda: bool(one.uri))
    assert one.log.count("PUT /5/0/1") == 2  # the empty one, and that of the package


async def test_10_a_single_nul_resets_what_an_empty_uri_does_not(
    server: Server, device: Device
) -> None:
    """OMA LwM2M Core 1.1 E.6, Package: "\\0" resets in any state but Updating."""
    one = OnlyNul(device, state=2)
    await deploying(server, one)
    await one.until(server, lambda: one.state == 3)
    writes = [what for what in one.log if what.startswith("PUT")]
    assert writes[:3] == ["PUT /5/0/1", "PUT /5/0/0", "PUT /5/0/0"]


async def test_10_a_scheme_that_is_refused_is_followed_by_a_push(
    server: Server, device: Device
) -> None:
    """4.00 and Result 9: another transfer may do, and where both are allowed it is a push."""
    one = Anjay(device, method=2)
    one.scheme = "coaps://"
    await deploying(server, one, Delivery.AUTO)
    await one.until(server, lambda: one.state == 3)
    assert one.package == IMAGE


async def test_10_a_uri_that_leads_nowhere_is_told_as_such(server: Server, device: Device) -> None:
    """404 becomes Result 7; it is tried again, and then given up with the reason."""
    one = Anjay(device, method=0)
    deployment = await deploying(server, one, Delivery.PULL)

    def nowhere(uri: bytes) -> Answer:
        one.state, one.result = 0, 7 if uri else 0
        return CHANGED, (), b""

    one.pointed = nowhere  # type: ignore[method-assign] # what this one does
    view = await outcome(server, one, deployment)
    assert view.outcome is Outcome.FAILED
    assert "URI" in (view.reason or "")


async def test_10_a_download_goes_on_after_a_break_by_its_etag(
    server: Server, device: Device
) -> None:
    """FU-DownloadResumption.rst: the ETag and the bytes under a URI never change."""
    one = Anjay(device, method=0)
    await deploying(server, one, Delivery.PULL)
    await one.until(server, lambda: bool(one.uri))
    path = "/".join(one.uri.split("/")[3:])
    device.names.known["third"] = IMAGE[512:768]
    await device.play(
        f"""
        > CON GET 2000 51 /{path} block2=0/0/256
        < ACK 2.05 2000 51 etag=$etag cf=* max-age=* block2=0/1/256 size2=* ...
        """
    )
    await server.time.pass_by(120)
    await server.moved(device).play(
        f"""
        > CON GET 3000 77 /{path} block2=2/0/256
        < ACK 2.05 3000 77 etag=$etag cf=* max-age=* block2=2/1/256 size2=* $third
        """
    )
    assert device.names["third"] == IMAGE[512:768]


async def test_11_a_notification_that_was_lost_is_made_up_for_by_reading(
    server: Server, device: Device
) -> None:
    """Notifications are NON by default: nobody sends one again."""
    one = Anjay(device, method=0)
    deployment = await deploying(server, one, Delivery.PULL)
    await one.until(server, lambda: bool(one.uri and one.watched))
    path = "/".join(one.uri.split("/")[3:])
    for block in range(3):
        more = int(block < 2)
        await device.play(
            f"""
            > CON GET {0x2000 + block:04x} 51 /{path} block2={block}/0/1024
            < ACK 2.05 $any{block} 51 etag=* cf=* max-age=* block2={block}/{more}/1024 size2=* ...
            """
        )
    one.state = 2  # of which a NON told, that nobody got
    await one.until(server, lambda: one.state == 3, seconds=120)
    assert await under_way(server, deployment)


async def test_11_a_notification_as_non_is_taken(server: Server, device: Device) -> None:
    """RFC 7641 §4.5: most may be NON; it is not acknowledged."""
    await device.play(
        """
        > CON POST 0001 a1 /rd cf=40 ?lwm2m=1.2 ?ep=dev ?lt=86400 '</1/0>,</3303/0>'
        < ACK 2.01 0001 a1 loc=/rd/$at
        """
    )
    path = Path.parse("/3303/0/5700")
    asked = asyncio.create_task(server.services.management.observe("dev", path))
    await device.play(
        """
        < CON GET $id $token observe=* /3303/0/5700 accept=*
        > ACK 2.05 $id $token observe=0 cf=0 '20.5'
        > NON 2.05 0100 $token observe=1 cf=0 '21.5'
        < nothing
        """
    )
    assert isinstance(await asked, Answered)
    assert await server.values() == [{"/3303/0/5700": 21.5}]
