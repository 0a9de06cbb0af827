"""Requests, observations and transfers, on endpoints that sleep, move and start anew."""

import asyncio

import pytest

from lwm2m_server.protocol.events import EventKind
from lwm2m_server.service.answers import Answer, Queued
from lwm2m_server.service.errors import EndpointUnreachable
from objects.path import Path
from objects.tree import Resource

from .device import Device, proven
from .server import Server

REGISTER = """
    > CON POST 0001 a1 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.1 ?b=U '</1/0>,</3303/0>'
    < ACK 2.01 0001 a1 loc=/rd/$at
"""
QUEUE_MODE = REGISTER.replace("?b=U", "?b=U ?Q")
VALUE = Path.parse("/3303/0/5700")


async def observed(server: Server, device: Device) -> None:
    """Observe a resource, under `$token`."""
    asked = asyncio.create_task(server.services.management.observe("dev", VALUE))
    await device.play(
        """
        < CON GET $id $token observe=* /3303/0/5700 accept=*
        > ACK 2.05 $id $token observe=1 cf=0 '20.5'
        """
    )
    assert isinstance(await asked, Answer)


# --- 13 -------------------------------------------------------------------------------------------


async def test_13_observed_anew_after_every_register_and_after_no_update(
    server: Server, device: Device
) -> None:
    """OMA LwM2M Core 1.1 §6.2.1: a Register ends what was observed; an Update does not."""
    await device.play(REGISTER)
    await observed(server, device)
    await device.play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 2.04 0002 a2
        < nothing
        > CON POST 0003 a3 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.1 ?b=U '</1/0>,</3303/0>'
        < ACK 2.01 0003 a3 loc=/rd/$then
        < CON GET $id2 $anew observe=* /3303/0/5700 accept=*
        > ACK 2.05 $id2 $anew observe=1 cf=0 '21'
        # What the former observation said is nobody's any more (RFC 7641 §3.6).
        > CON 2.05 0100 $token observe=9 cf=0 '99'
        < RST EMPTY 0100 -
        > NON 2.05 0101 $token observe=10 cf=0 '99'
        < RST EMPTY 0101 -
        > CON 2.05 0102 $anew observe=2 cf=0 '22'
        < ACK EMPTY 0102 -
        """
    )
    assert device.names["token"] != device.names["anew"]
    assert [one["/3303/0/5700"] for one in await server.values()] == [21.0, 22.0]


async def test_13_what_is_observed_right_after_a_register_is_observed_once(
    server: Server, device: Device
) -> None:
    """Operators are as fast as what the server does by itself upon a Register, or faster."""
    await device.play(REGISTER)
    await observed(server, device)
    await server.time.pass_by(10)
    await device.play("< nothing")


async def test_13_a_notification_is_known_by_token_and_endpoint(server: Server) -> None:
    """RFC 7641 §3.2 by token alone would let any peer report for another."""
    device = await server.secure_device("dev")
    other = await server.secure_device("other")
    await device.play(REGISTER)
    await observed(server, device)
    other.names.known["token"] = device.names["token"]
    await other.play(
        """
        > CON 2.05 0100 $token observe=2 cf=0 '99'
        < RST EMPTY 0100 -
        """
    )
    assert await server.values() == []
    await device.play(
        """
        > CON 2.05 0100 $token observe=2 cf=0 '22'
        < ACK EMPTY 0100 -
        """
    )
    assert await server.values() == [{"/3303/0/5700": 22.0}]


async def test_13_an_older_notification_that_comes_late_is_not_told(
    server: Server, device: Device
) -> None:
    """RFC 7641 §3.4: freshness is told by the sequence numbers of 24 bits, which wrap."""
    await device.play(REGISTER)
    await observed(server, device)
    await device.play(
        """
        > CON 2.05 0100 $token observe=16777215 cf=0 '22'
        < ACK EMPTY 0100 -
        """
    )
    first = await server.values()
    await device.play(
        """
        > CON 2.05 0101 $token observe=5 cf=0 '23'
        < ACK EMPTY 0101 -
        > CON 2.05 0102 $token observe=4 cf=0 '21'
        < ACK EMPTY 0102 -
        """
    )
    assert [one["/3303/0/5700"] for one in (await server.values())[len(first) :]] == [23.0]


# --- 15 -------------------------------------------------------------------------------------------


async def test_15_requests_wait_for_the_awake_window(server: Server, device: Device) -> None:
    """OMA LwM2M Transport 1.1 §6.5: 93 s (MAX_TRANSMIT_WAIT) after the last word, no more."""
    await device.play(QUEUE_MODE)
    await server.time.pass_by(94)
    kept = await server.services.management.read("dev", VALUE)
    assert isinstance(kept, Queued)
    await device.play("< nothing")
    await device.play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 2.04 0002 a2
        < CON GET $id $token /3303/0/5700 accept=*
        > ACK 2.05 $id $token cf=0 '20.5'
        < nothing
        """
    )
    (told,) = await server.told(EventKind.RESPONSE)
    assert (told.data["id"], told.data["code"]) == (kept.id, "2.05")


async def test_15_the_window_is_kept_open_by_each_word(server: Server, device: Device) -> None:
    """§6.5: what the endpoint says, a notification included, begins the window anew."""
    await device.play(QUEUE_MODE)
    await observed(server, device)
    await server.time.pass_by(90)
    await device.play(
        """
        > CON 2.05 0100 $token observe=2 cf=0 '22'
        < ACK EMPTY 0100 -
        """
    )
    await server.time.pass_by(90)
    del device.names.known["id"]
    asked = asyncio.create_task(server.services.management.read("dev", VALUE))
    await device.play(
        """
        < CON GET $id $other /3303/0/5700 accept=*
        > ACK 2.05 $id $other cf=0 '20.5'
        """
    )
    assert isinstance(await asked, Answer)


async def test_15_requests_that_waited_go_to_the_newest_address(
    server: Server, device: Device
) -> None:
    """§6.5; Leshan #852, #1166: behind a NAT a sleeping device comes back from another port."""
    await device.play(QUEUE_MODE)
    await server.time.pass_by(94)
    for _ in range(2):
        assert isinstance(await server.services.management.read("dev", VALUE), Queued)
    await server.moved(device).play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 2.04 0002 a2
        < CON GET $id $token /3303/0/5700 accept=*
        < nothing
        > ACK 2.05 $id $token cf=0 '20.5'
        # First in, first out, one at a time.
        < CON GET $id2 $token2 /3303/0/5700 accept=*
        > ACK 2.05 $id2 $token2 cf=0 '20.5'
        """
    )
    await device.former.play("< nothing")
    assert len(await server.told(EventKind.RESPONSE)) == 2


# --- 18b ------------------------------------------------------------------------------------------


async def test_18b_observe_composite_names_resources_alone(server: Server, device: Device) -> None:
    """Zephyr applies pmin and pmax to all paths together (#93315) and tells some of them only."""
    await device.play(REGISTER)
    paths = [VALUE, Path.parse("/3303/0/5701")]
    # RFC 8428 §6: name 0, value 2, string value 3.
    device.names.known |= {
        "both": bytes.fromhex("82 a2 00 6c")
        + b"/3303/0/5700"
        + bytes.fromhex("02 14 a2 00 6c")
        + b"/3303/0/5701"
        + bytes.fromhex("03 63")
        + b"Cel",
        "one": bytes.fromhex("81 a2 00 6c") + b"/3303/0/5700" + bytes.fromhex("02 15"),
    }
    asked = asyncio.create_task(server.services.management.observe_composite("dev", paths))
    await device.play(
        """
        < CON FETCH $id $token observe=* cf=112 accept=112 $paths
        # Both in the first answer; in a notification what changed.
        > ACK 2.05 $id $token observe=1 cf=112 $both
        > CON 2.05 0100 $token observe=2 cf=112 $one
        < ACK EMPTY 0100 -
        """
    )
    # SenML CBOR records with names alone, each a resource (OMA LwM2M Core 1.1 §6.3.8).
    named = device.names["paths"]
    assert named.count(b"570") == 2
    assert isinstance(await asked, Answer)
    assert (await server.values())[-1] == {"/3303/0/5700": 21}


# --- Send -----------------------------------------------------------------------------------------


async def test_306_send(server: Server, device: Device) -> None:
    """ETS int-306; OMA LwM2M Core 1.1 §6.4.4: POST /dp in a composite format, CON or NON."""
    await device.play(REGISTER)
    await device.play(
        """
        > CON POST 0002 a2 /dp cf=110 '[{"n":"/3303/0/5700","v":21.5}]'
        < ACK 2.04 0002 a2
        > NON POST 0003 a3 /dp cf=110 '[{"n":"/3303/0/5700","v":22.5}]'
        < NON 2.04 $any a3
        > CON POST 0004 a4 /dp cf=42 '[]'
        < ACK 4.15 0004 a4 ...
        > CON POST 0005 a5 /dp cf=110 '[{'
        < ACK 4.00 0005 a5 ...
        """
    )
    assert await server.values(EventKind.SEND) == [
        {"/3303/0/5700": 21.5},
        {"/3303/0/5700": 22.5},
    ]


async def test_306_a_send_of_who_is_not_registered_is_4_04(device: Device) -> None:
    """Upon 4.04 it registers, as upon that of an Update."""
    await device.play(
        """
        > CON POST 0001 a1 /dp cf=110 '[{"n":"/3303/0/5700","v":21.5}]'
        < ACK 4.04 0001 a1 ...
        """
    )


# --- NAT ------------------------------------------------------------------------------------------


async def test_nat_replies_go_where_the_request_came_from(server: Server, device: Device) -> None:
    """RFC 7252 §5.3.1; the mapping may have changed with this very packet."""
    await device.play(REGISTER)
    await server.moved(device).play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 2.04 0002 a2
        """
    )


async def test_nat_requests_follow_the_last_address(server: Server, device: Device) -> None:
    """OMA LwM2M Core 1.1 §6.2.2: an Update tells where the endpoint is (Leshan #1324, #1350)."""
    await device.play(REGISTER)
    await server.moved(device).play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 2.04 0002 a2
        """
    )
    asked = asyncio.create_task(server.services.management.read("dev", VALUE))
    await device.play(
        """
        < CON GET $id $token /3303/0/5700 accept=*
        > ACK 2.05 $id $token cf=0 '20.5'
        """
    )
    assert isinstance(await asked, Answer)


async def test_nat_requests_follow_the_last_session_of_an_identity(server: Server) -> None:
    """A device that lost its session makes another, and registers or updates within it."""
    device = await server.secure_device("dev")
    await device.play(REGISTER)
    device.at(await server.session("dev"))
    await device.play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 2.04 0002 a2
        """
    )
    asked = asyncio.create_task(server.services.management.read("dev", VALUE))
    await device.play(
        """
        < CON GET $id $token /3303/0/5700 accept=*
        > ACK 2.05 $id $token cf=0 '20.5'
        """
    )
    assert isinstance(await asked, Answer)


async def test_nat_another_identity_moves_nothing(server: Server) -> None:
    """Who knows a location does not speak for it (§6.2.2, and Transport §5.2)."""
    device = await server.secure_device("dev")
    await device.play(REGISTER)
    thief = server.device()
    thief.names.known["at"] = device.names["at"]
    await thief.play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 4.03 0002 a2 ...
        > CON DELETE 0003 a3 /rd/$at
        < ACK 4.03 0003 a3 ...
        """
    )
    assert server.registration().address.startswith("coaps://")


async def test_nat_an_observation_survives_a_change_of_address(
    server: Server, device: Device
) -> None:
    """Leshan #1544: notifications come from the new port before any Update does."""
    await device.play(REGISTER)
    await observed(server, device)
    await server.moved(device).play(
        """
        > CON 2.05 0100 $token observe=2 cf=0 '22'
        < ACK EMPTY 0100 -
        > NON 2.05 0101 $token observe=3 cf=0 '23'
        < nothing
        > CON POST 0002 a2 /rd/$at
        < ACK 2.04 0002 a2
        > CON 2.05 0102 $token observe=4 cf=0 '24'
        < ACK EMPTY 0102 -
        """
    )
    assert [one["/3303/0/5700"] for one in await server.values()] == [22.0, 23.0, 24.0]


async def test_nat_a_request_under_way_survives_a_change_of_address(
    server: Server, device: Device
) -> None:
    """What was sent to the former address is sent again to the new one, under the same id."""
    await proven(server, device, REGISTER)
    asked = asyncio.create_task(server.services.management.read("dev", VALUE))
    await device.play("< CON GET $id $token /3303/0/5700 accept=*")
    await server.moved(device).play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 2.04 0002 a2
        < CON GET $probe $heard /3 accept=*
        > ACK 4.04 $probe $heard
        """
    )
    await server.time.pass_by(3.1)  # ACK_TIMEOUT by at most ACK_RANDOM_FACTOR, and the answer's way
    await device.play(
        """
        < CON GET $id $token /3303/0/5700 accept=*
        > ACK 2.05 $id $token cf=0 '20.5'
        """
    )
    assert isinstance(await asked, Answer)


async def test_nat_a_transfer_survives_a_change_of_address(server: Server, device: Device) -> None:
    """Block1 goes on where it was, under its token (RFC 7959 §2.5)."""
    await proven(server, device, REGISTER)
    node = Resource(5750, "a" * 1500)
    path = Path.parse("/3303/0/5750")
    asked = asyncio.create_task(server.services.management.write("dev", path, node))
    await device.play(
        """
        < CON PUT $id $token /3303/0/5750 cf=* block1=0/1/1024 size1=* ...
        > ACK 2.31 $id $token block1=0/1/1024
        < CON PUT $id2 $token /3303/0/5750 cf=* block1=1/0/1024 ...
        """
    )
    await server.moved(device).play(
        """
        > CON POST 0002 a2 /rd/$at
        < ACK 2.04 0002 a2
        < CON GET $probe $heard /3 accept=*
        > ACK 4.04 $probe $heard
        """
    )
    await server.time.pass_by(3.1)
    await device.play(
        """
        < CON PUT $id2 $token /3303/0/5750 cf=* block1=1/0/1024 ...
        > ACK 2.04 $id2 $token block1=1/0/1024
        """
    )
    result = await asked
    assert isinstance(result, Answer)
    assert result.ok


# --- answers --------------------------------------------------------------------------------------


async def test_a_separate_answer_after_an_empty_ack(server: Server, device: Device) -> None:
    """RFC 7252 §5.2.2: slow devices acknowledge at once and answer by a CON of their own."""
    await device.play(REGISTER)
    asked = asyncio.create_task(server.services.management.read("dev", VALUE))
    await device.play(
        """
        < CON GET $id $token /3303/0/5700 accept=*
        > ACK EMPTY $id -
        """
    )
    await server.time.pass_by(30)
    await device.play(
        """
        > CON 2.05 0100 $token cf=0 '20.5'
        < ACK EMPTY 0100 -
        # Its ACK was lost.
        > CON 2.05 0100 $token cf=0 '20.5'
        < ACK EMPTY 0100 -
        """
    )
    assert isinstance(await asked, Answer)


@pytest.mark.parametrize("code", ["4.06", "4.15"])
async def test_a_format_that_is_refused_is_followed_by_the_next(
    server: Server, device: Device, code: str
) -> None:
    """OMA LwM2M Core 1.1 §7.4: clients of 1.1 choose which formats they support."""
    await device.play(REGISTER)
    asked = asyncio.create_task(server.services.management.read("dev", Path.parse("/3303/0")))
    await device.play(
        f"""
        < CON GET $id $token /3303/0 accept=$first
        > ACK {code} $id $token
        < CON GET $id2 $token2 /3303/0 accept=$second
        > ACK 2.05 $id2 $token2 cf=11542 x'e4 16 44 41 a4 00 00'
        """
    )
    assert device.names["first"] != device.names["second"]
    result = await asked
    assert isinstance(result, Answer)
    assert result.ok


async def test_a_silent_endpoint_is_asked_five_times_and_given_up(
    server: Server, device: Device
) -> None:
    """RFC 7252 §4.2: MAX_RETRANSMIT is 4; each time the very same bytes."""
    await proven(server, device, REGISTER)
    asked = asyncio.create_task(server.services.management.read("dev", VALUE))
    await device.play("< CON GET $id $token /3303/0/5700 accept=$form")
    await server.time.pass_by(300)
    await device.play("< CON GET $id $token /3303/0/5700 accept=$form\n" * 4 + "< nothing")
    with pytest.raises(EndpointUnreachable):
        await asked
