"""Zephyr's client (subsys/net/lib/lwm2m), in several of its versions."""

import asyncio

import pytest

from lwm2m_server.protocol.deployment import Delivery, Outcome
from lwm2m_server.protocol.events import EventKind
from lwm2m_server.service.errors import OperationRefused
from objects.path import Path
from tests.lwm2m_server.coap.datagrams import BLOCK1, CHANGED, Sent

from .device import Device, proven
from .server import Server
from .updating import (
    IMAGE,
    INCOMPLETE,
    NOT_ALLOWED,
    Answer,
    Updating,
    deploying,
    outcome,
    tlv,
    under_way,
)

REGISTER = """
    > CON POST 0001 a1 /rd cf=40 ?lwm2m=1.0 ?ep=dev ?lt=30 '</1/0>,</5/0>'
    < ACK 2.01 0001 a1 loc=/rd/$at
"""
PACKAGE = Path.parse("/5/0/0")


class OldZephyr(Updating):
    """Before PR #57228: a transfer is known by its token."""

    def written(self, asked: Sent) -> Answer:
        told = asked.option(BLOCK1)
        later = told is not None and int.from_bytes(told, "big") >> 4
        if later and asked.token != self.tokens[-1]:
            return INCOMPLETE, (), b""
        return super().written(asked)


class Zephyr(Updating):
    """A package in any state but Idle and Downloading is 4.05; a URI while it downloads is lost."""

    def written(self, asked: Sent) -> Answer:
        if self.state >= 2 and asked.option(BLOCK1) is not None:
            return NOT_ALLOWED, (), b""
        return super().written(asked)

    def pointed(self, uri: bytes) -> Answer:
        if uri and self.state != 0:
            return CHANGED, (), b""
        return super().pointed(uri)


async def pushing(server: Server, device: Device, size: int) -> "asyncio.Task[None]":
    """Register, and begin to push so many bytes to Package."""
    await proven(server, device, REGISTER, accept="")
    pushed = server.services.gateway.push("dev", PACKAGE, bytes(size), lambda _done, _all: None)
    return asyncio.create_task(pushed)


async def test_1_all_blocks_of_a_push_have_one_token(server: Server, device: Device) -> None:
    """Zephyr #57165: with a token for each block every push fails at its second block."""
    old = OldZephyr(device)
    await deploying(server, old)
    await old.until(server, lambda: old.state == 3)
    assert old.package == IMAGE
    assert len(set(old.tokens)) == 1
    assert old.log.count("PUT /5/0/0") == 3


async def test_2_4_08_begins_again_at_block_0_under_a_new_token(
    server: Server, device: Device
) -> None:
    """Zephyr #70591: a block 0 under the token of before is taken for one that came twice."""
    pushed = await pushing(server, device, 2048)
    await device.play(
        """
        < CON PUT $1 $token /5/0/0 cf=42 block1=0/1/1024 size1=2048 ...
        > ACK 2.31 $1 $token block1=0/1/1024
        < CON PUT $2 $token /5/0/0 cf=42 block1=1/0/1024 ...
        > ACK 4.08 $2 $token
        < CON PUT $3 $anew /5/0/0 cf=42 block1=0/1/1024 size1=2048 tag=$tag ...
        > ACK 2.31 $3 $anew block1=0/1/1024
        < CON PUT $4 $anew /5/0/0 cf=42 block1=1/0/1024 tag=$tag ...
        > ACK 2.04 $4 $anew block1=1/0/1024
        < nothing
        """
    )
    await pushed
    assert device.names["token"] != device.names["anew"]


async def test_2_4_13_without_size1_is_answered_by_smaller_blocks(
    server: Server, device: Device
) -> None:
    """RFC 7959 §2.9.3; Zephyr sends no Size1 with it, so the block may be what is too large."""
    pushed = await pushing(server, device, 1500)
    await device.play(
        """
        < CON PUT $1 $token /5/0/0 cf=42 block1=0/1/1024 size1=1500 ...
        > ACK 4.13 $1 $token
        < CON PUT $2 $anew /5/0/0 cf=42 block1=0/1/512 size1=1500 ...
        > ACK 2.31 $2 $anew block1=0/1/512
        < CON PUT $3 $anew /5/0/0 cf=42 block1=1/1/512 ...
        > ACK 2.31 $3 $anew block1=1/1/512
        < CON PUT $4 $anew /5/0/0 cf=42 block1=2/0/512 ...
        > ACK 2.04 $4 $anew block1=2/0/512
        """
    )
    await pushed


async def test_2_what_is_always_too_large_ends(server: Server, device: Device) -> None:
    """From 1024 down to 16, and no further."""
    pushed = await pushing(server, device, 1500)
    for size in (1024, 512, 256, 128, 64, 32, 16):
        await device.play(
            f"""
            < CON PUT $id{size} $token{size} /5/0/0 cf=42 block1=0/1/{size} size1=1500 ...
            > ACK 4.13 $id{size} $token{size}
            """
        )
    await device.play("< nothing")
    with pytest.raises(OperationRefused, match=r"4\.13"):
        await pushed


async def test_2_the_answer_to_a_block_that_came_twice_is_taken_once(
    server: Server, device: Device
) -> None:
    """Zephyr #71351: block 0 that is sent again is forwarded twice, and answered twice."""
    pushed = await pushing(server, device, 2048)
    await device.play("< CON PUT $1 $token /5/0/0 cf=42 block1=0/1/1024 size1=2048 ...")
    await server.time.pass_by(2.0)
    await device.play(
        """
        < CON PUT $1 $token /5/0/0 cf=42 block1=0/1/1024 size1=2048 ...
        > ACK 2.31 $1 $token block1=0/1/1024
        > ACK 2.31 $1 $token block1=0/1/1024
        < CON PUT $2 $token /5/0/0 cf=42 block1=1/0/1024 ...
        > ACK 2.04 $2 $token block1=1/0/1024
        < nothing
        """
    )
    await pushed


async def test_3_blocks_become_as_small_as_the_client_has_them(
    server: Server, device: Device
) -> None:
    """CONFIG_LWM2M_COAP_BLOCK_SIZE is 256; RFC 7959 §2.3: the server of a transfer may say so."""
    pushed = await pushing(server, device, 1400)
    await device.play(
        """
        < CON PUT $1 $token /5/0/0 cf=42 block1=0/1/1024 size1=1400 ...
        > ACK 2.31 $1 $token block1=0/1/256
        < CON PUT $2 $token /5/0/0 cf=42 block1=4/1/256 ...
        > ACK 2.31 $2 $token block1=4/1/256
        < CON PUT $3 $token /5/0/0 cf=42 block1=5/0/256 ...
        > ACK 2.04 $3 $token block1=5/0/256
        """
    )
    await pushed


async def test_3_one_request_at_a_time(server: Server, device: Device) -> None:
    """CONFIG_LWM2M_ENGINE_MAX_PENDING is 5, block contexts are 3: NSTART 1 (RFC 7252 §4.7)."""
    await device.play(REGISTER)
    read = server.services.management.read
    asked = [asyncio.create_task(read("dev", Path.parse(f"/1/0/{number}"))) for number in (1, 2, 3)]
    for number in (1, 2, 3):
        await device.play(
            f"""
            < CON GET $id{number} $token{number} /1/0/{number}
            < nothing
            > ACK 2.05 $id{number} $token{number} cf=0 '1'
            """
        )
    await asyncio.gather(*asked)


async def test_4_a_package_uri_is_short_and_has_no_query(server: Server, device: Device) -> None:
    """LWM2M_PACKAGE_URI_LEN is 128, a query is dropped; it asks for Size2, under one token."""
    one = Zephyr(device, method=0)
    deployment = await deploying(server, one, Delivery.PULL)
    await one.until(server, lambda: bool(one.uri))
    assert len(one.uri) <= 127
    assert "?" not in one.uri
    scheme, _, authority, *path = one.uri.split("/")
    assert (scheme, authority) == ("coap:", f"[::1]:{server.port}")
    last = len(IMAGE) // 256 - 1
    device.names.known["token"] = b"\x51"
    await device.play(
        f"""
        > CON GET 2000 $token /{"/".join(path)} block2=0/0/256 size2=0
        < ACK 2.05 2000 $token etag=$etag cf=* max-age=* block2=0/1/256 size2={len(IMAGE)} ...
        """
    )
    for block in range(1, last + 1):
        more, size = int(block < last), len(IMAGE)
        await device.play(
            f"""
            > CON GET {0x2000 + block:04x} $token /{"/".join(path)} block2={block}/0/256
            < ACK 2.05 {0x2000 + block:04x} $token etag=$etag cf=* max-age=* \
                block2={block}/{more}/256 size2={size} ...
            """
        )
    one.state = 2
    await one.until(server, lambda: one.state == 3)
    assert await under_way(server, deployment)


async def test_5_reset_before_anything_is_written(server: Server, device: Device) -> None:
    """What an earlier update left is in the way: Package is 4.05, a URI is taken and ignored."""
    one = Zephyr(device, state=2)
    await deploying(server, one)
    await one.until(server, lambda: one.state == 3)
    writes = [what for what in one.log if not what.startswith("GET")]
    assert writes[:2] == ["PUT /5/0/1", "PUT /5/0/0"]
    assert writes[-1] == "POST /5/0/2"
    reset = one.log.index("PUT /5/0/1")
    assert "GET /5/0" in one.log[reset : one.log.index("PUT /5/0/0")]


async def test_6_state_that_is_told_before_result_decides_nothing(
    server: Server, device: Device
) -> None:
    """lwm2m_obj_firmware.c sets State first, and each is notified by itself."""
    one = Zephyr(device, method=0)
    deployment = await deploying(server, one, Delivery.PULL)
    await one.until(server, lambda: bool(one.uri and one.watched))
    one.state = 0
    one.notify(tlv(r3=0), 2)
    log = len(one.log)
    await one.until(server, lambda: "GET /5/0" in one.log[log:])
    assert await under_way(server, deployment)
    one.result = 5
    view = await outcome(server, one, deployment)
    assert view.outcome is Outcome.FAILED
    assert "damaged" in (view.reason or "")


async def test_7_a_device_that_has_forgotten_its_result_is_judged_by_its_version(
    server: Server, device: Device
) -> None:
    """Zephyr #42584: after a good update it says 0 and 0; 3/0/3 tells what runs."""
    one = Zephyr(device)
    deployment = await deploying(server, one)
    await one.until(server, lambda: one.state == 3)
    await server.time.pass_by(60)
    one.state, one.version = 0, "2.0"
    await device.play(
        """
        > CON POST 0009 a9 /rd cf=40 ?ep=dev ?lt=300 ?lwm2m=1.0 '</1/0>,</3/0>,</5/0>'
        """
    )
    assert (await outcome(server, one, deployment)).outcome is Outcome.SUCCEEDED


async def test_8_thirty_seconds_of_lifetime_and_no_binding(server: Server, device: Device) -> None:
    """LWM2M_ENGINE_DEFAULT_LIFETIME is 30 s, b is told where it is not U, the Update 6 s before."""
    await device.play(REGISTER)
    assert (server.registration().binding, server.registration().queue_mode) == ("U", False)
    for number in range(3):
        await server.time.pass_by(24)
        await device.play(
            f"""
            > CON POST {0x10 + number:04x} a2 /rd/$at
            < ACK 2.04 {0x10 + number:04x} a2
            """
        )
    await server.time.pass_by(31)
    assert server.services.registrations.all() == []
    assert len(await server.told(EventKind.EXPIRED)) == 1


async def test_8_queue_mode_by_q_or_by_the_binding(server: Server, device: Device) -> None:
    """1.1 has the parameter Q, 1.0 the binding UQ (§6.2.1.2)."""
    await device.play(
        """
        > CON POST 0001 a1 /rd cf=40 ?lwm2m=1.1 ?ep=dev ?lt=30 ?Q '</1/0>'
        < ACK 2.01 0001 a1 loc=/rd/$at
        > CON POST 0002 a2 /rd cf=40 ?lwm2m=1.0 ?ep=old ?lt=30 ?b=UQ '</1/0>'
        < ACK 2.01 0002 a2 loc=/rd/$then
        """
    )
    assert server.registration("dev").queue_mode
    assert server.registration("old").queue_mode
