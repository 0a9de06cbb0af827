"""A server without sockets: services on fakes at their ports, time that is told to pass."""

import asyncio
import hashlib
import heapq
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path as File

from compiler.build import BuildSpec, Built, build_key
from compiler.errors import DoesNotFit
from compiler.profile import Objective
from compiler.summary import ModelSummary
from compiler.targets import BoardTable
from firmware_store import Store
from lwm2m_server.protocol.deployment import Rules
from lwm2m_server.protocol.operations import Operation, Response
from lwm2m_server.protocol.registration import RegisterRequest, Registration
from lwm2m_server.service import Services
from lwm2m_server.service.ports import Unreachable
from lwm2m_server.service.secret_files import MasterKey
from objects.path import Path

from .fake_device import VECTORS, FakeDevice
from .memory import InlineExecutor, Memory

RULES = Rules()
BOARDS = BoardTable.load()
LINKS = b'</>;rt="oma.lwm2m";ct=112,</1/0>,</3/0>,</5/0>,</26241/0>,</26242/1>,</26242/2>'


class FakeClock:
    """Time that passes only when told, or when nothing else can happen."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._numbers = count()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._gone: set[int] = set()
        self.early = 0.0  # by how much the next timer rings too soon

    def now(self) -> float:
        return self.time

    def call_at(self, when: float, callback: Callable[[], None]) -> Callable[[], None]:
        number = next(self._numbers)
        heapq.heappush(self._timers, (when, number, callback))
        return lambda: self._gone.add(number)

    def pass_until(self, moment: float) -> None:
        """Call every timer that rings until `moment`, which it is afterwards."""
        while self._timers and self._timers[0][0] <= moment:
            if self._timers[0][1] in self._gone:
                heapq.heappop(self._timers)
            else:
                self.advance()
        self.time = moment

    def advance(self) -> bool:
        """Go to the next timer and call it; False where there is none."""
        while self._timers:
            when, number, callback = heapq.heappop(self._timers)
            if number not in self._gone:
                early, self.early = self.early, 0.0
                self.time = max(self.time, when - early)
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


class Killed(BaseException):
    """The process is gone at this point."""


@dataclass
class FakeDownlink:
    """A network with one device at its end; may lose, and may be where the server dies."""

    device: FakeDevice
    step: Callable[[str], None] = lambda _what: None
    waiting: set[str] = field(default_factory=set)  # paths that got no answer, ever

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

    def package_uri(
        self, registration: Registration, token: str, schemes: Collection[str] | None = None
    ) -> str:
        if schemes is not None and "coap" not in schemes:
            raise Unreachable(f"it pulls by {schemes}")
        return f"coap://server/p/{token}"

    async def aclose(self) -> None:
        return

    async def _exchange(self, act: Callable[[], Response], path: str) -> Response:
        await asyncio.sleep(0)
        if not self.device.reachable or path in self.device.deaf_to:
            raise Unreachable(path)
        if path in self.device.mute_on:
            self.waiting.add(path)
            await asyncio.Event().wait()
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
        self.misses: dict[Objective, DoesNotFit] = {}
        self.state = 0
        self.gate: asyncio.Event | None = None

    async def run(self, spec: BuildSpec, progress: Callable[[str], None]) -> Built:
        key = build_key(spec)
        self.runs.append(key)
        progress("compiling")
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        if spec.profile.objective in self.misses:
            raise self.misses[spec.profile.objective]
        return Built(
            key=key,
            binary=key.encode() * 4,
            report={"flash": {"total": 300}, "ram": {"total": 200, "state": self.state}},
            sources={"model.c": "int x;"},
            vectors=VECTORS,
            model_sha256=hashlib.sha256(spec.model).hexdigest(),
            target=spec.profile.target.name,
        )

    async def check(self, model: bytes) -> ModelSummary:
        if self.error is not None:
            raise self.error
        return ModelSummary(("int8[1]",), ("int8[1]",), {"SOFTMAX": 1}, 0, 0)


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
        accepted = self.services.registrations.register(request)
        await asyncio.shield(accepted.durable)
        return accepted.id

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
        boards=BOARDS,
        runner=runner,
        now=clock.now,
        new_id=lambda: next(ids),
        new_token=lambda: next(tokens),
        clock=clock,
        rules=RULES,
        master_key=MasterKey(File("/nowhere"), "5e" * 32),
        allow_nosec=True,
    )
    downlink = FakeDownlink(device, step)
    world = World(services, clock, device, downlink, runner, storage, store)

    def pull(uri: str) -> bytes | None:
        token = uri.rsplit("/", 1)[1]
        package = services.deployments.package(token)
        if package is None:
            return None
        services.deployments.pulled(token, len(package.data), len(package.data))
        return package.data

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
