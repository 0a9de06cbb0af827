"""A server without sockets: services on fakes at their ports, and a device by the book."""

import asyncio
import hashlib
import heapq
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path as File
from typing import Any

from compiler.build import BuildSpec, Built, build_key
from compiler.targets import BoardTable
from firmware_store import Store
from firmware_store.mcuboot import image_hash
from lwm2m_server.protocol.deployment import Rules
from lwm2m_server.protocol.operations import (
    CancelObservation,
    Discover,
    Execute,
    Observe,
    Operation,
    Read,
    Response,
    Write,
)
from lwm2m_server.protocol.registration import RegisterRequest, Registration
from lwm2m_server.service import Services
from lwm2m_server.service.ports import Unreachable
from objects.codecs import ContentFormat, encode
from objects.path import Path
from objects.registry import Registry
from objects.tree import Object, ObjectInstance, Resource

from .memory import InlineExecutor, Memory

DEFINITIONS = Registry.standard()
RULES = Rules()
CONTENT, CHANGED = 0x45, 0x44
NOT_FOUND, NOT_ALLOWED = 0x84, 0x85
LINKS = b'</>;rt="oma.lwm2m";ct=112,</1/0>,</3/0>,</5/0>,</26241/0>,</26242/1>,</26242/2>'
VECTORS = tuple((bytes([n] * 4), bytes([n + 1] * 2)) for n in range(3))


class FakeClock:
    """Time that passes only when told, or when nothing else can happen."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._numbers = count()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._gone: set[int] = set()

    def now(self) -> float:
        return self.time

    def call_at(self, when: float, callback: Callable[[], None]) -> Callable[[], None]:
        number = next(self._numbers)
        heapq.heappush(self._timers, (when, number, callback))
        return lambda: self._gone.add(number)

    def advance(self) -> bool:
        """Go to the next timer and call it; False where there is none."""
        while self._timers:
            when, number, callback = heapq.heappop(self._timers)
            if number not in self._gone:
                self.time = max(self.time, when)
                callback()
                return True
        return False


async def settle() -> None:
    """Let everything run that needs no time: until no callback of the loop is ready."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined] # nothing public tells
    quiet = 0
    while quiet < 3:
        await asyncio.sleep(0)
        quiet = 0 if ready else quiet + 1


@dataclass
class FakeDevice:
    """A device that follows Objects 5 and 26242; runs no code, but knows the right outputs."""

    endpoint: str = "urn:dev:1"
    key_hash: bytes = b""
    version: str = "1.0.0"
    reports_hash: bool = True
    slots: dict[int, dict[str, Any]] = field(default_factory=dict)
    firmware: dict[str, Any] = field(
        default_factory=lambda: {"state": 0, "result": 0, "package": b"", "running": None}
    )
    delivery_method: int = 2
    accepted: int = 0  # Executes of Update and Activate that were taken
    reachable: bool = True
    lose_answers: int = 0
    deaf_to: set[str] = field(default_factory=set)
    wrong_output: bool = False
    damages: bool = False
    pull: Callable[[str], bytes | None] = lambda _uri: None
    log: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in (1, 2):
            self.slots.setdefault(number, {"state": 0, "result": 0, "image": b"", "input": b""})

    # --- what it answers ------------------------------------------------------------------

    def answer(self, operation: Operation) -> Response:
        self.log.append(f"{type(operation).__name__} {operation.path}")
        match operation:
            case Read(path=path):
                return self._read(path)
            case Observe(path=path):
                return self._read(path)
            case Execute(path=path):
                return self._execute(path)
            case Write(path=path, payload=payload):
                return self.write(path, payload)
            case Discover() | CancelObservation():
                return Response(CONTENT, b"</3/0>", ContentFormat.LINK)
            case _:
                return Response(NOT_ALLOWED)

    def _read(self, path: Path) -> Response:
        if path.resource_id == 14 and path.object_id == 26242:
            slot = self.slots.get(path.instance_id or 0) or self.firmware
            return Response(CONTENT, slot.get("output", b""), ContentFormat.OPAQUE)
        if path.resource_id is not None:
            value = self._instance(Path(*path.parts[:2])).resource(path.resource_id)
            assert value is not None
            return self._content(path, value)
        if len(path.parts) == 1 and path.object_id == 26242:
            return self._content(path, Object(26242, tuple(self._slot(n) for n in self._numbers())))
        return self._content(path, self._instance(path))

    def _content(self, path: Path, node: Any) -> Response:
        payload = encode(ContentFormat.SENML_CBOR, path, node, DEFINITIONS)
        return Response(CONTENT, payload, ContentFormat.SENML_CBOR)

    def _numbers(self) -> list[int]:
        return ([0] if self.firmware["running"] else []) + sorted(self.slots)

    def _instance(self, path: Path) -> ObjectInstance:
        if path.object_id == 26242:
            return self._slot(path.instance_id or 0)
        values: dict[int, Any] = {
            3: {0: "TinyMLaaS", 1: "sim-m4", 3: self.version},
            5: {
                3: self.firmware["state"],
                5: self.firmware["result"],
                9: self.delivery_method,
            },
            26241: {
                0: "cortex-m4",
                3: 262144,
                5: 1048576,
                8: 1,
                9: self.key_hash,
            },
        }[path.object_id or 0]
        resources = [Resource(number, value) for number, value in values.items()]
        if path.object_id == 26241:
            resources.append(Resource.multiple(1, ["dsp", "fpv4-sp"]))
            if self.reports_hash and self.firmware["running"]:
                resources.append(Resource(10, image_hash(self.firmware["running"])))
        return ObjectInstance.of(path.instance_id or 0, resources)

    def _slot(self, number: int) -> ObjectInstance:
        if number == 0:
            values = {3: 3, 4: 0, 8: 0x8000, 9: 0, 10: 0x20010000, 11: 0x20000}
            values |= {15: 777, 16: "instructions", 17: 99, 19: 0x20032000, 20: 0x1000, 21: 0x2000}
            return ObjectInstance.of(0, [Resource(one, value) for one, value in values.items()])
        slot = self.slots[number]
        values = {
            3: slot["state"],
            4: slot["result"],
            8: 0xA8000 + (number - 1) * 0x28000,
            9: 0x28000,
            10: 0x20010000,
            11: 0x20000,
            15: 1234,
            16: "instructions",
            17: 5678,
            19: 0x20030000 + (number - 1) * 0x1000,
            20: 0x1000,
            21: 0x2000,
        }
        if slot["image"] and slot["state"] >= 2:
            values[7] = image_hash(slot["image"])
        return ObjectInstance.of(number, [Resource(one, value) for one, value in values.items()])

    # --- what it does ---------------------------------------------------------------------

    def write(self, path: Path, payload: bytes) -> Response:
        if path.object_id == 26242 and path.resource_id == 12:
            (self.slots.get(path.instance_id or 0) or self.firmware)["input"] = payload
            return Response(CHANGED)
        if path.object_id == 26242:
            slot = self.slots[path.instance_id or 0]
            if slot["state"] == 3:
                return Response(NOT_ALLOWED)
            return self._take(slot, path.resource_id or 0, payload, verified=2)
        if path.object_id == 5 and self.firmware["state"] == 3:
            return Response(NOT_ALLOWED)
        return self._take(self.firmware, path.resource_id or 0, payload, verified=2)

    def _take(
        self, place: dict[str, Any], resource: int, payload: bytes, verified: int
    ) -> Response:
        key = "image" if place is not self.firmware else "package"
        if payload in {b"", b"\0"}:
            place.update(state=0, result=0)
            place[key] = b""
            return Response(CHANGED)
        if place["state"] == 2:
            return Response(NOT_ALLOWED)
        image = self.pull(payload.decode()) if resource == 1 else payload
        if image is None:
            place.update(state=0, result=7)
        elif self.damages:
            place.update(state=0, result=5)
        else:
            place.update(state=verified, result=0)
            place[key] = image
        return Response(CHANGED)

    def _execute(self, path: Path) -> Response:
        if path.object_id == 26242 and path.resource_id == 13:
            slot = self.slots.get(path.instance_id or 0) or self.firmware
            given = dict(VECTORS).get(slot["input"], b"")
            slot["output"] = b"??" if self.wrong_output else given
            return Response(CHANGED)
        if path.object_id == 26242:
            return self._activate(path.instance_id or 0)
        if self.firmware["state"] != 2:
            self.mistakes.append("Update executed in another state than Downloaded")
            return Response(NOT_ALLOWED)
        self.accepted += 1
        self.firmware["state"] = 3
        return Response(CHANGED)

    def _activate(self, number: int) -> Response:
        if self.slots[number]["state"] != 2:
            self.mistakes.append("Activate in another state than Verified")
            return Response(NOT_ALLOWED)
        self.accepted += 1
        for slot in self.slots.values():
            if slot["state"] == 3:
                slot["state"] = 2
        self.slots[number]["state"] = 3
        return Response(CHANGED)

    def reboot(self, *, version: str | None = None) -> None:
        """Start what was downloaded; the Register is the caller's."""
        self.firmware.update(running=self.firmware["package"], state=0, result=1, package=b"")
        self.version = version or self.version


class Killed(BaseException):
    """The process is gone at this point."""


@dataclass
class FakeDownlink:
    """A network with one device at its end; may lose, and may be where the server dies."""

    device: FakeDevice
    step: Callable[[str], None] = lambda _what: None

    async def request(self, registration: Registration, operation: Operation) -> Response:
        return await self._exchange(lambda: self.device.answer(operation), str(operation.path))

    async def push(
        self,
        registration: Registration,
        path: Path,
        image: bytes,
        progress: Callable[[int, int], None],
    ) -> Response:
        progress(len(image) // 2, len(image))
        response = await self._exchange(lambda: self.device.write(path, image), str(path))
        progress(len(image), len(image))
        return response

    def package_uri(self, registration: Registration, token: str) -> str:
        return f"coap://server/p/{token}"

    async def aclose(self) -> None:
        return

    async def _exchange(self, act: Callable[[], Response], path: str) -> Response:
        await asyncio.sleep(0)
        if not self.device.reachable or path in self.device.deaf_to:
            raise Unreachable(path)
        self.step(f"before {path}")
        response = act()
        self.step(f"after {path}")
        await asyncio.sleep(0)
        if self.device.lose_answers:
            self.device.lose_answers -= 1
            raise Unreachable(path)
        return response


class FakeRunner:
    """A compiler that is always right: the binary tells the build key."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.error: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def run(self, spec: BuildSpec, progress: Callable[[str], None]) -> Built:
        key = build_key(spec)
        self.runs.append(key)
        progress("compiling")
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Built(
            key=key,
            binary=key.encode() * 4,
            report={"flash": {"total": 300}, "ram": {"total": 200}},
            sources={"model.c": "int x;"},
            vectors=VECTORS,
            model_sha256=hashlib.sha256(spec.model).hexdigest(),
            target=spec.profile.target.name,
        )


@dataclass
class World:
    """One server process and its device; `storage` and `store` outlive the server."""

    services: Services
    clock: FakeClock
    device: FakeDevice
    downlink: FakeDownlink
    runner: FakeRunner
    storage: Memory
    store: Store

    async def register(self) -> str:
        self.clock.time += 0.001  # what happens one after the other happens later
        request = RegisterRequest(
            "peer", (f"ep={self.device.endpoint}", "lt=86400", "lwm2m=1.1", "b=U"), LINKS
        )
        return await self.services.registrations.register(request)

    async def run_until(self, done: Callable[[], bool], steps: int = 3000) -> None:
        """Let things happen, and time pass where nothing else does, until `done`."""
        for _ in range(steps):
            await settle()
            if done():
                return
            self.clock.advance()
        raise AssertionError(f"not done at {self.clock.time}")


async def start(
    storage: Memory,
    store: Store,
    device: FakeDevice,
    *,
    clock: FakeClock,
    runner: FakeRunner | None = None,
    step: Callable[[str], None] = lambda _what: None,
    number: int = 0,
) -> World:
    """Start a server process on what outlives it."""
    asyncio.get_running_loop().set_default_executor(InlineExecutor())
    runner = runner or FakeRunner()
    ids = (f"{number}-{n}" for n in count())
    tokens = (f"token-{number}-{n}" for n in count())
    services = Services.compose(
        storage=storage,
        store=store,
        boards=BoardTable.load(),
        runner=runner,
        now=clock.now,
        new_id=lambda: next(ids),
        new_token=lambda: next(tokens),
        clock=clock,
        rules=RULES,
    )
    downlink = FakeDownlink(device, step)
    world = World(services, clock, device, downlink, runner, storage, store)

    def pull(uri: str) -> bytes | None:
        token = uri.rsplit("/", 1)[1]
        image = services.deployments.image(token)
        if image is not None:
            services.deployments.pulled(token, len(image), len(image))
        return image

    device.pull = pull
    await services.start(downlink)
    services.resume()
    return world


@asynccontextmanager
async def world(folder: File, device: FakeDevice | None = None) -> AsyncIterator[World]:
    """A server with one model in its zoo, and a device that is not registered yet."""
    store = Store(folder / "store")
    key = store.keys.new()
    store.zoo.add("gesture", b"a model")
    device = device or FakeDevice()
    device.key_hash = device.key_hash or key.key_hash
    one = await start(Memory(), store, device, clock=FakeClock())
    try:
        yield one
    finally:
        await one.services.aclose()
