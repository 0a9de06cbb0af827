"""The device's answers to reads, writes and executes, without a network in between."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.board import board
from device_sim.client.behaviour import Behaviour
from device_sim.client.block1 import PATIENCE, Block
from device_sim.client.held import Held
from device_sim.client.management import Management
from device_sim.client.requests import Method, Reply, Request
from device_sim.client.tree import View
from device_sim.events import DeviceEventKind
from device_sim.faults import FlashFaults
from device_sim.flash import Flash
from device_sim.image import TrustedKey
from device_sim.machine import Machine
from device_sim.runtime import Runtime
from objects import codecs, link_format
from objects.codecs import ContentFormat
from objects.model_slot import Result, State
from objects.path import Path
from objects.registry import Registry
from objects.tree import Object, ObjectInstance, Resource
from tests.device_sim.images import THUMB, THUMB_FAULT, Code, Key, Model, module, trusted

M4 = board("sim-m4")
REGISTRY = Registry.standard()
OPAQUE, TEXT = ContentFormat.OPAQUE, ContentFormat.TEXT
CHANGED, CONTENT, CONTINUE = 0x44, 0x45, 0x5F
BAD_REQUEST, NOT_FOUND, NOT_ALLOWED, NOT_ACCEPTABLE = 0x80, 0x84, 0x85, 0x86
INCOMPLETE, TOO_LARGE, UNSUPPORTED, SERVER_ERROR = 0x88, 0x8D, 0x8F, 0xA0


@dataclass
class Bench:
    """A machine under management, and what it asked of its session."""

    now: float = 0.0
    asked: list[tuple[str, Any]] = field(default_factory=list)
    events: list[DeviceEventKind] = field(default_factory=list)

    def __post_init__(self) -> None:
        flash = Flash(M4.flash, None, FlashFaults())
        key = TrustedKey.load(trusted().public)
        self.machine = Machine(M4, key, flash, Runtime(M4, watchdog_seconds=0.001))
        self.machine.boot()
        self.held = Held("m4", "sim-m4", thermometer=True)
        self.behaviour = Behaviour(self.machine, self, self.emit, lambda: self.now, self.held)
        self.management = Management(
            self.view,
            self.behaviour.handlers(),
            self.behaviour,
            lambda: self.now,
            self.held.attributes,
        )

    def view(self) -> View:
        machine = self.machine
        runs = self.behaviour.runs
        return View(
            *(M4, "m4", machine.key.hash, machine.memory, machine.running, 300, runs),
            portfolio=self.held.portfolio.instances,
            temperatures=self.held.temperatures,
            default=self.held.attributes.default,
        )

    def emit(self, kind: DeviceEventKind, **_: str | int) -> None:
        self.events.append(kind)

    def reset(self) -> None:
        self.asked.append(("reset", None))

    def bootstrap(self) -> None:
        self.asked.append(("bootstrap", None))

    def update_registration(self) -> None:
        self.asked.append(("update", None))

    def start_download(self, packages: Any, uri: str) -> None:
        self.asked.append(("download", uri))

    def stop_download(self, packages: Any) -> None:
        self.asked.append(("stop", packages.holder.instance))

    async def read(self, path: str, accept: int | None = None) -> Reply:
        return await self.management.handle(Request(Method.GET, Path.parse(path), accept=accept))

    async def write(self, path: str, payload: bytes, form: int | None = OPAQUE, **more: Any) -> int:
        request = Request(Method.PUT, Path.parse(path), payload, form, **more)
        return (await self.management.handle(request)).code

    async def ask(
        self, method: Method, path: str, payload: bytes = b"", form: int | None = None, **more: Any
    ) -> Reply:
        request = Request(method, Path.parse(path), payload, form, **more)
        return await self.management.handle(request)

    async def execute(self, path: str) -> int:
        return (await self.management.handle(Request(Method.POST, Path.parse(path)))).code

    async def push(self, path: str, data: bytes, size: int = 1024) -> list[int]:
        count = -(-len(data) // size)
        codes = []
        for number in range(count):
            block = Block(number, number < count - 1, size)
            part = data[number * size : (number + 1) * size]
            codes.append(await self.write(path, part, block1=block))
        return codes

    def slot(self, instance: int = 1) -> tuple[State, Result]:
        slot = self.machine.memory.slots.slots[instance]
        return slot.state, slot.result


READABLE = ["/1", "/3", "/5", "/16", "/3303", "/26241", "/26242"]
TREES = [
    ContentFormat.TLV,
    ContentFormat.OLD_TLV,
    ContentFormat.JSON,
    ContentFormat.OLD_JSON,
    ContentFormat.SENML_JSON,
    ContentFormat.SENML_CBOR,
    ContentFormat.LWM2M_CBOR,
]


@pytest.mark.parametrize("form", TREES)
@pytest.mark.parametrize("path", [*READABLE, *(f"{p}/0" for p in READABLE[:-1]), "/26242/2"])
async def test_objects_and_instances_are_read_in_every_format(path: str, form: int) -> None:
    reply = await Bench().read(path, form)
    assert (reply.code, reply.content_format) == (CONTENT, form)
    node = codecs.decode(form, reply.payload, Path.parse(path), REGISTRY)
    instance = node.instances[0] if isinstance(node, Object) else node
    assert isinstance(instance, ObjectInstance)
    for resource in instance.resources:
        if path.startswith("/26241") or "3" in path:
            assert REGISTRY.find_resource(Path(int(path.split("/")[1]), 0, resource.id))


async def test_what_a_device_says_of_itself() -> None:
    it = Bench()
    reply = await it.read("/26241/0", ContentFormat.SENML_CBOR)
    node = codecs.decode(reply.content_format, reply.payload, Path(26241, 0), REGISTRY)
    assert isinstance(node, ObjectInstance)
    assert node.value(0, str) == "cortex-m4"
    assert node.values(1, str) == ("dsp", "fpv4-sp")
    assert node.value(4, int) == 0x20000 + 0x1000
    assert node.value(9, bytes) == it.machine.key.hash
    assert node.resource(10) is None  # a factory firmware is no image


@pytest.mark.parametrize(
    ("path", "accept", "payload"),
    [
        ("/3/0/0", None, b"TinyMLaaS"),
        ("/3/0/1", TEXT, b"sim-m4"),
        ("/5/0/9", TEXT, b"2"),
        ("/26242/1/8", TEXT, str(0xA8000).encode()),
        ("/26242/1/14", OPAQUE, b""),
        ("/3/0/11/0", TEXT, b"0"),
    ],
)
async def test_single_resources_are_plain(path: str, accept: int | None, payload: bytes) -> None:
    reply = await Bench().read(path, accept)
    assert (reply.code, reply.payload) == (CONTENT, payload)


@pytest.mark.parametrize(
    ("path", "accept", "code"),
    [
        ("/", None, NOT_ALLOWED),
        ("/9", None, NOT_FOUND),
        ("/3/1", None, NOT_FOUND),
        ("/3/0/99", None, NOT_FOUND),
        ("/26242/0", None, NOT_FOUND),
        ("/3/0/0/0", None, NOT_FOUND),
        ("/5/0/0", None, NOT_ALLOWED),
        ("/26242/1/13", None, NOT_ALLOWED),
        ("/3/0", TEXT, NOT_ACCEPTABLE),
        ("/3/0/0", 61, NOT_ACCEPTABLE),
    ],
)
async def test_what_is_not_there_or_not_readable(path: str, accept: int | None, code: int) -> None:
    assert (await Bench().read(path, accept)).code == code


async def test_discover_names_what_is_there() -> None:
    reply = await Bench().read("/5/0", ContentFormat.LINK)
    targets = [link.target for link in link_format.parse(reply.payload)]
    assert targets[0] == "/5/0"
    assert {"/5/0/0", "/5/0/2", "/5/0/3", "/5/0/10"} <= set(targets)
    assert (await Bench().read("/7", ContentFormat.LINK)).code == NOT_FOUND


async def test_a_module_goes_its_way_from_package_to_service() -> None:
    it = Bench()
    codes = await it.push("/26242/1/0", module(M4), 64)
    assert codes == [CONTINUE] * (len(codes) - 1) + [CHANGED]
    assert it.slot() == (State.VERIFIED, Result.NONE)
    assert await it.execute("/26242/1/13") == NOT_ALLOWED  # no input yet
    assert await it.write("/26242/1/12", b"\x01\x02\x03\xff") == CHANGED
    assert await it.execute("/26242/1/13") == CHANGED
    assert (await it.read("/26242/1/14", OPAQUE)).payload == b"\x02\x03\x04\x00"
    assert (await it.read("/26242/1/16", TEXT)).payload == b"instructions"
    assert await it.execute("/26242/1/2") == CHANGED
    assert await it.execute("/26242/1/2") == NOT_ALLOWED
    assert it.machine.memory.activates == 1
    assert await it.write("/26242/1/0", module(M4)) == NOT_ALLOWED
    assert await it.write("/26242/1/0", b"") == NOT_ALLOWED
    assert await it.write("/26242/1/1", b"coap://s/p", TEXT) == NOT_ALLOWED
    assert await it.write("/26242/1/1", b"", TEXT) == NOT_ALLOWED
    assert it.slot() == (State.ACTIVE, Result.SUCCESS)


async def test_a_slot_is_cleared_by_nothing_written_to_package_or_uri() -> None:
    for path in ("/26242/1/0", "/26242/1/1"):
        for form in (OPAQUE, TEXT, None):
            it = Bench()
            await it.push("/26242/1/0", module(M4))
            assert await it.write(path, b"", form) == CHANGED
            assert it.slot() == (State.EMPTY, Result.NONE)
            assert it.machine.model(1) is None


BAD = {
    Result.INTEGRITY: module(M4).replace(b"add-one", b"add-two"),
    Result.SIGNATURE: module(M4, key=Key.new()),
    Result.WRONG_TARGET: module(M4, 2),
    Result.NO_MEMORY: module(M4, what=Model(stack_bound=1 << 20)),
}


@pytest.mark.parametrize("result", BAD)
async def test_a_bad_package_is_taken_and_then_told_why(result: Result) -> None:
    it = Bench()
    assert (await it.push("/26242/1/0", BAD[result]))[-1] == CHANGED
    assert it.slot() == (State.EMPTY, result)


async def test_bytes_behind_the_image_are_none_of_it() -> None:
    it = Bench()
    await it.push("/26242/1/0", module(M4) + b"\0")
    assert it.slot() == (State.EMPTY, Result.INTEGRITY)


async def test_a_package_that_is_too_large_is_refused_with_the_size_that_is_not() -> None:
    it = Bench()
    block = Block(0, more=True, size=1024)
    request = Request(Method.PUT, Path.parse("/26242/1/0"), b"x" * 1024, OPAQUE)
    reply = await it.management.handle(
        Request(**{**_fields(request), "block1": block, "size1": M4.slots[0].load.size + 1})
    )
    assert (reply.code, reply.size1) == (TOO_LARGE, M4.slots[0].load.size)
    assert it.slot() == (State.EMPTY, Result.NO_SPACE)


def _fields(request: Request) -> dict[str, Any]:
    return {name: getattr(request, name) for name in Request.__slots__}


async def test_a_gap_is_incomplete_and_block_0_begins_anew() -> None:
    it = Bench()
    block = [Block(n, more=True, size=16) for n in range(3)]
    data = module(M4)
    assert await it.write("/26242/1/0", data[32:48], block1=block[2]) == INCOMPLETE
    assert await it.write("/26242/1/0", data[:16], block1=block[0]) == CONTINUE
    assert await it.write("/26242/1/0", data[32:48], block1=block[2]) == INCOMPLETE
    assert (await it.push("/26242/1/0", data))[-1] == CHANGED
    assert it.slot() == (State.VERIFIED, Result.NONE)


async def test_a_push_that_stalls_is_given_up() -> None:
    it = Bench()
    await it.write("/26242/1/0", b"x" * 16, block1=Block(0, more=True, size=16))
    it.now = PATIENCE
    assert not it.behaviour.expire()
    it.now = PATIENCE + 1
    assert it.behaviour.expire()
    assert it.slot() == (State.EMPTY, Result.CONNECTION_LOST)


async def test_a_long_input_arrives_in_blocks_and_only_in_the_right_size() -> None:
    it = Bench()
    assert await it.write("/26242/1/12", b"1234") == NOT_ALLOWED
    await it.push("/26242/1/0", module(M4, what=Model(inputs=((0, 64),), arena_size=64)))
    assert await it.write("/26242/1/12", b"1" * 63) == BAD_REQUEST
    assert await it.push("/26242/1/12", b"1" * 64, 16) == [CONTINUE] * 3 + [CHANGED]
    block = Block(0, more=True, size=16)
    assert await it.write("/26242/1/12", b"1" * 16, block1=block, size1=65) == TOO_LARGE


async def test_a_fault_is_told_and_ends_in_a_reset() -> None:
    it = Bench()
    await it.push("/26242/1/0", module(M4, what=Model(code=Code(THUMB.init, THUMB_FAULT))))
    await it.write("/26242/1/12", b"1234")
    assert await it.execute("/26242/1/13") == SERVER_ERROR
    assert it.slot() == (State.VERIFIED, Result.SELF_TEST_FAILED)
    assert it.asked[-1] == ("reset", None)
    assert (await it.read("/3/0/11/0", TEXT)).payload == b"8"
    assert await it.execute("/3/0/12") == CHANGED
    assert (await it.read("/3/0/11/0", TEXT)).payload == b"0"


async def test_a_uri_starts_a_download_and_an_empty_one_stops_it() -> None:
    it = Bench()
    assert await it.write("/5/0/1", b"coap://s/p", TEXT) == CHANGED
    assert (await it.read("/5/0/1", TEXT)).payload == b"coap://s/p"
    assert await it.write("/5/0/1", b"coap://s/q", TEXT) == NOT_ALLOWED
    assert await it.write("/5/0/0", b"x" * 16) == NOT_ALLOWED
    assert await it.write("/5/0/1", b"", TEXT) == CHANGED
    assert it.asked == [("download", "coap://s/p"), ("stop", None)]


async def test_a_single_nul_resets_the_firmware_update() -> None:
    it = Bench()
    await it.write("/5/0/1", b"coap://s/p", TEXT)
    assert await it.write("/5/0/0", b"\0") == CHANGED
    assert (await it.read("/5/0/3", TEXT)).payload == b"0"


async def test_cancel_and_execute_keep_to_their_states() -> None:
    it = Bench()
    assert await it.execute("/5/0/2") == NOT_ALLOWED
    assert await it.execute("/5/0/10") == NOT_ALLOWED
    await it.write("/5/0/1", b"coap://s/p", TEXT)
    assert await it.execute("/5/0/10") == CHANGED
    assert (await it.read("/5/0/5", TEXT)).payload == b"10"
    assert it.machine.memory.executes == 0


async def test_the_lifetime_is_written_in_every_format() -> None:
    node = ObjectInstance(0, (Resource(1, 120),))
    for form in (ContentFormat.TLV, ContentFormat.SENML_CBOR):
        it = Bench()
        payload = codecs.encode(form, Path(1, 0), node, REGISTRY)
        assert await it.write("/1/0", payload, form) == CHANGED
        assert it.machine.memory.lifetime == 120
        assert it.asked == [("update", None)]
    assert await it.write("/1/0/1", b"60", TEXT) == CHANGED
    assert await it.write("/1/0/1", b"0", TEXT) == BAD_REQUEST
    assert await it.write("/1/0/1", b"x", TEXT) == BAD_REQUEST
    assert it.machine.memory.lifetime == 60


async def test_executes_of_server_and_device() -> None:
    it = Bench()
    assert await it.execute("/1/0/8") == CHANGED
    assert await it.execute("/3/0/4") == CHANGED
    assert it.asked == [("update", None), ("reset", None)]


@pytest.mark.parametrize(
    ("method", "path", "payload", "form", "code"),
    [
        (Method.PUT, "/3/0/0", b"x", TEXT, NOT_ALLOWED),
        (Method.PUT, "/26242/1/3", b"3", TEXT, NOT_ALLOWED),
        (Method.PUT, "/26242/7/0", b"x", OPAQUE, NOT_FOUND),
        (Method.PUT, "/5/0/0", b"x", TEXT, UNSUPPORTED),
        (Method.PUT, "/1/0/1", b"1", 9999, UNSUPPORTED),
        (Method.PUT, "/1/0/1", b"1", None, UNSUPPORTED),
        (Method.PUT, "/1/0", b"\xc8", ContentFormat.TLV, BAD_REQUEST),
        (Method.POST, "/26242", b"", None, NOT_ALLOWED),
        (Method.POST, "/3/0/3", b"", None, NOT_ALLOWED),
        (Method.POST, "/26242/7/13", b"", None, NOT_FOUND),
        (Method.DELETE, "/26242/1", b"", None, NOT_ALLOWED),
        (Method.OTHER, "/3/0", b"", None, NOT_ALLOWED),
    ],
)
async def test_what_cannot_be_done_is_refused(
    method: Method, path: str, payload: bytes, form: int | None, code: int
) -> None:
    it = Bench()
    before = it.machine.memory
    reply = await it.management.handle(Request(method, Path.parse(path), payload, form))
    assert reply.code == code
    assert it.machine.memory == before


async def test_attributes_of_what_is_not_there_are_refused() -> None:
    it = Bench()
    assert await it.write("/5/1", b"", None, query=("pmin=5",)) == NOT_FOUND
    assert await it.write("/16/0/0/9", b"", None, query=("pmin=5",)) == NOT_FOUND
    for query in (("pmin=5", "pmax=1"), ("pmin=x",), ("ver=1.1",)):
        assert await it.write("/5/0/3", b"", None, query=query) == BAD_REQUEST


requests = st.builds(
    Request,
    st.sampled_from(Method),
    st.builds(
        lambda parts: Path(*parts),
        st.lists(st.sampled_from([0, 1, 2, 3, 4, 5, 12, 13, 26241, 26242]), max_size=4),
    ),
    st.binary(max_size=40),
    st.none() | st.sampled_from([0, 40, 42, 112, 11542, 7]),
    st.none() | st.sampled_from([0, 40, 42, 112, 11542, 7]),
    st.none() | st.integers(0, 1),
    st.none() | st.builds(Block, st.integers(0, 3), st.booleans(), st.just(16)),
    st.none() | st.integers(0, 2**32 - 1),
)


@given(st.lists(requests, max_size=20))
async def test_whatever_is_asked_is_answered(asked: list[Request]) -> None:
    it = Bench()
    for request in asked:
        reply = await it.management.handle(request)
        assert reply.code >> 5 in (2, 4, 5)
