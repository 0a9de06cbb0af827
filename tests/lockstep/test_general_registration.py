"""The registration interface as clients of every family use it (OMA LwM2M Core 1.1 §6.2)."""

import asyncio

import pytest

from lwm2m_server.protocol.events import EventKind
from lwm2m_server.service.errors import EndpointUnreachable
from objects.path import Path

from .device import Device
from .server import Server

REGISTER = """
    > CON POST 0001 a1 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.1 ?b=U '</1/0>,</3303/0>'
    < ACK 2.01 0001 a1 loc=/rd/$at
"""


async def test_101_initial_registration(server: Server, device: Device) -> None:
    """ETS LightweightM2M-1.1-int-101; §6.2.1: 2.01 and the location, under /rd."""
    await device.play(REGISTER)
    one = server.registration()
    assert (one.id, one.lifetime, one.lwm2m_version, one.binding) == (
        device.names.text("at"),
        300,
        "1.1",
        "U",
    )
    assert [str(path) for path in one.objects] == ["/1/0", "/3303/0"]
    await device.play("< nothing")


async def test_102_registration_update(server: Server, device: Device) -> None:
    """ETS int-102; §6.2.2: 2.04, what is not told stays."""
    await device.play(REGISTER)
    await device.play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 2.04 0002 a2
        < nothing
        """
    )
    assert server.registration().lifetime == 300


async def test_103_deregistration(server: Server, device: Device) -> None:
    """ETS int-103; §6.2.3: 2.02, and the location is gone."""
    await device.play(REGISTER)
    await device.play(
        """
        > CON DELETE 0002 a2 /rd/$at
        < ACK 2.02 0002 a2
        > CON DELETE 0003 a3 /rd/$at
        < ACK 4.04 0003 a3 ...
        """
    )
    assert server.services.registrations.all() == []


async def test_105_an_update_after_the_lifetime_is_discarded(
    server: Server, device: Device
) -> None:
    """ETS int-105; §6.2.2: a registration that has expired is none."""
    await device.play(REGISTER)
    await server.time.pass_by(301)
    await device.play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 4.04 0002 a2 ...
        """
    )
    assert len(await server.told(EventKind.EXPIRED)) == 1


async def test_107_extending_the_lifetime_of_a_registration(server: Server, device: Device) -> None:
    """ETS int-107; §6.2.2: lt of an Update counts from that Update."""
    await device.play(REGISTER)
    await server.time.pass_by(290)
    await device.play(
        """
        > CON POST 0002 a2 /rd/$at ?lt=600
        < ACK 2.04 0002 a2
        """
    )
    await server.time.pass_by(590)
    await device.play(
        """
        > CON POST 0003 a3 /rd/$at
        < ACK 2.04 0003 a3
        """
    )
    assert server.registration().lifetime == 600


async def test_13_a_new_register_has_a_new_location(server: Server, device: Device) -> None:
    """§6.2.1: a Register of an endpoint that is registered replaces what it had."""
    await device.play(REGISTER)
    await device.play(
        """
        > CON POST 0002 a2 /rd cf=40 ?ep=dev ?lt=60 ?lwm2m=1.1 '</1/0>'
        < ACK 2.01 0002 a2 loc=/rd/$then
        > CON POST 0003 a3 /rd/$at
        < ACK 4.04 0003 a3 ...
        > CON POST 0004 a4 /rd/$then
        < ACK 2.04 0004 a4
        """
    )
    assert device.names["at"] != device.names["then"]
    assert len(server.services.registrations.all()) == 1


async def test_14_update_at_an_unknown_location_is_4_04(device: Device) -> None:
    """§6.2.2, response codes: upon 4.04 a client registers anew (OMA issue #181 of the codes)."""
    await device.play(
        """
        > CON POST 0001 a1 /rd/gone ?lt=60
        < ACK 4.04 0001 a1 ...
        > CON POST 0002 a2 /rd/gone cf=40 '</1/0>'
        < ACK 4.04 0002 a2 ...
        > NON POST 0003 a3 /rd/gone
        < NON 4.04 $any a3 ...
        < nothing
        """
    )


async def test_16_de_registration_while_a_request_is_under_way(
    server: Server, device: Device
) -> None:
    """OMA issue #300: clients de-register in the middle of anything, and do not answer then."""
    await device.play(REGISTER)
    reading = asyncio.create_task(server.services.management.read("dev", Path.parse("/3303/0")))
    await device.play(
        """
        < CON GET $id $token /3303/0 accept=*
        > CON DELETE 0002 a2 /rd/$at
        < ACK 2.02 0002 a2
        > ACK 4.04 $id $token
        < nothing
        """
    )
    result = await reading
    assert not result.ok  # type: ignore[union-attr] # no queue mode, so it is an answer
    assert server.services.registrations.by_endpoint("dev") is None


async def test_17_a_message_id_used_again_does_not_swallow_a_register(
    server: Server, device: Device
) -> None:
    """Zephyr's native_sim counts from the same start: id and token are those of before.

    Notes of flownexus: with the de-duplication of RFC 7252 §4.5 by id alone (145 s, 247 s) the
    client gets the answer to what it asked before its restart.
    """
    await device.play(REGISTER)
    await device.play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 2.04 0002 a2
        # It starts anew: another object list, then an id that was an Update's.
        > CON POST 0001 a1 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.1 ?b=U '</1/0>'
        < ACK 2.01 0001 a1 loc=/rd/$then
        > CON POST 0002 a2 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.1 ?b=U '</1/0>,</3303/0>'
        < ACK 2.01 0002 a2 loc=/rd/$last
        """
    )
    assert len({device.names[name] for name in ("at", "then", "last")}) == 3
    assert server.registration().id == device.names.text("last")


async def test_17_the_very_same_register_after_a_reboot_is_a_new_one(
    server: Server, device: Device
) -> None:
    """The same bytes from the same port, when no retransmission can be on its way any more."""
    await device.play(REGISTER)
    await server.time.pass_by(46)  # MAX_TRANSMIT_SPAN (RFC 7252 §4.8.2) is 45 s
    await device.play(REGISTER.replace("$at", "$then"))
    assert device.names["at"] != device.names["then"]


async def test_17_a_retransmitted_register_is_answered_alike(
    server: Server, device: Device
) -> None:
    """RFC 7252 §4.5: the answer was lost, and there is one registration."""
    await device.play(REGISTER)
    await server.time.pass_by(2)
    await device.play(REGISTER)
    assert len(await server.told(EventKind.REGISTERED)) == 1


async def test_18_register_in_place_of_each_update_is_absorbed(
    server: Server, device: Device
) -> None:
    """A load balancer that moves clients makes them register all the time (Coiote v2022.26)."""
    for number in range(200):
        await device.play(
            f"""
            > CON POST {number:04x} a1 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.1 '</1/0>'
            < ACK 2.01 {number:04x} a1 loc=/rd/$at{number}
            """
        )
    assert len({device.names[f"at{number}"] for number in range(200)}) == 200
    assert [one.id for one in server.services.registrations.all()] == [device.names.text("at199")]
    await device.play("< nothing")


@pytest.mark.parametrize("version", ["1.3", "2.0", "0.9", "1", ""])
async def test_a_version_that_nobody_speaks_is_4_12(device: Device, version: str) -> None:
    """§6.2.1, response codes: "the LwM2M version is not supported" is 4.12."""
    await device.play(
        f"""
        > CON POST 0001 a1 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m={version} '</1/0>'
        < ACK 4.12 0001 a1 ...
        """
    )


async def test_ep_is_missing_and_nobody_has_proven_anything(device: Device) -> None:
    """§6.2.1: ep may be left out where the security protocol tells who it is; here it is 4.00."""
    await device.play(
        """
        > CON POST 0001 a1 /rd cf=40 ?lt=300 ?lwm2m=1.1 '</1/0>'
        < ACK 4.00 0001 a1 ...
        > CON POST 0002 a2 /rd cf=40 ?ep= ?lt=300 ?lwm2m=1.1 '</1/0>'
        < ACK 4.00 0002 a2 ...
        """
    )


async def test_ep_is_missing_and_the_identity_tells_it(server: Server) -> None:
    """§6.2.1: "if not provided, the server uses the identifier of the secure session"."""
    device = await server.secure_device("urn:dev:7")
    await device.play(
        """
        > CON POST 0001 a1 /rd cf=40 ?lt=300 ?lwm2m=1.1 '</1/0>'
        < ACK 2.01 0001 a1 loc=/rd/$at
        """
    )
    assert server.registration("urn:dev:7").identity.name == "urn:dev:7"


async def test_unknown_parameters_are_kept(server: Server, device: Device) -> None:
    """Leshan keeps them as additional attributes; vendors put their own beside the standard's."""
    await device.play(
        """
        > CON POST 0001 a1 /rd cf=40 ?ep=dev ?lwm2m=1.1 ?x-vendor=a=b ?pid=3 ?flag '</1/0>'
        < ACK 2.01 0001 a1 loc=/rd/$at
        """
    )
    one = server.registration()
    assert dict(one.parameters) == {"x-vendor": "a=b", "pid": "3", "flag": ""}
    assert one.lifetime == 86400


async def test_register_as_non_is_answered_by_a_non(server: Server, device: Device) -> None:
    """RFC 7252 §5.2.3: a response to a NON; the standard asks for CON, some clients do not."""
    await device.play(
        """
        > NON POST 0001 a1 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.1 '</1/0>'
        < NON 2.01 $any a1 loc=/rd/$at
        > NON POST 0001 a1 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.1 '</1/0>'
        < nothing
        """
    )
    assert server.registration().id == device.names.text("at")


async def test_register_in_blocks(server: Server, device: Device) -> None:
    """RFC 7959 §2.5: a long object list comes by Block1; each block under a token of its own."""
    query = "?ep=dev ?lt=300 ?lwm2m=1.1"
    await device.play(
        f"""
        > CON POST 0001 a1 /rd cf=40 {query} block1=0/1/16 '</1/0>,</3303/0>'
        < ACK 2.31 0001 a1 block1=0/1/16
        > CON POST 0002 a2 /rd cf=40 {query} block1=1/1/16 ',</3303/1>,</330'
        < ACK 2.31 0002 a2 block1=1/1/16
        # It is sent once more, since its answer was lost.
        > CON POST 0002 a2 /rd cf=40 {query} block1=1/1/16 ',</3303/1>,</330'
        < ACK 2.31 0002 a2 block1=1/1/16
        > CON POST 0003 a3 /rd cf=40 {query} block1=2/0/16 '4/0>'
        < ACK 2.01 0003 a3 loc=/rd/$at block1=2/0/16
        """
    )
    objects = [str(path) for path in server.registration().objects]
    assert objects == ["/1/0", "/3303/0", "/3303/1", "/3304/0"]


async def test_a_block_that_does_not_follow_is_4_08(device: Device) -> None:
    """RFC 7959 §2.9.2: the client then begins again at block 0."""
    await device.play(
        """
        > CON POST 0001 a1 /rd cf=40 ?ep=dev block1=0/1/16 '</1/0>,</3303/0>'
        < ACK 2.31 0001 a1 block1=0/1/16
        > CON POST 0002 a1 /rd cf=40 ?ep=dev block1=2/0/16 ',</3304/0>'
        < ACK 4.08 0002 a1 ...
        """
    )


@pytest.mark.parametrize("content_format", [0, 42, 110, 11542])
async def test_a_payload_of_another_content_format_is_4_15(
    device: Device, content_format: int
) -> None:
    """§6.2.1: the object list is application/link-format (40)."""
    await device.play(
        f"""
        > CON POST 0001 a1 /rd cf={content_format} ?ep=dev ?lwm2m=1.1 '</1/0>'
        < ACK 4.15 0001 a1 ...
        """
    )


async def test_a_payload_without_a_content_format_is_the_object_list(device: Device) -> None:
    """RFC 7252 §5.5.1 leaves it to the application, and there is but one that may be meant."""
    await device.play(
        """
        > CON POST 0001 a1 /rd ?ep=dev ?lwm2m=1.1 '</1/0>'
        < ACK 2.01 0001 a1 loc=/rd/$at
        """
    )


async def test_update_with_a_new_object_list(server: Server, device: Device) -> None:
    """§6.2.2: the object list is there if and only if it changed, and then whole."""
    await device.play(REGISTER)
    await device.play(
        """
        > CON POST 0002 a2 /rd/$at cf=40 '</>;rt="oma.lwm2m";ct=112,</1/0>,</3303>;ver=1.1'
        < ACK 2.04 0002 a2
        """
    )
    one = server.registration()
    assert [str(path) for path in one.objects] == ["/1/0", "/3303"]
    assert (one.content_formats, dict(one.versions)) == ((112,), {3303: "1.1"})


async def test_a_registration_is_replaced_while_a_request_is_under_way(
    server: Server, device: Device
) -> None:
    """§6.2.1: a client that registers has started anew; what it was asked is not repeated."""
    await device.play(REGISTER)
    asked = asyncio.create_task(
        server.services.management.execute("dev", Path.parse("/3303/0/5605"))
    )
    await device.play(
        """
        < CON POST $id $token /3303/0/5605
        > CON POST 0002 a2 /rd cf=40 ?ep=dev ?lt=60 ?lwm2m=1.1 '</1/0>'
        < ACK 2.01 0002 a2 loc=/rd/$then
        """
    )
    with pytest.raises(EndpointUnreachable):
        await asked
    await server.time.pass_by(10)
    await device.play("< nothing")
