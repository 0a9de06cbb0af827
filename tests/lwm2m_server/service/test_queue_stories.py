"""Whatever operators, devices, the network and power cuts do, the queue keeps its promises."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from lwm2m_server.protocol.operations import Create, Execute, Operation, Read, Response, Write
from lwm2m_server.protocol.queued_request import MOST_ATTEMPTS, repeatable
from lwm2m_server.service.answers import Queued
from lwm2m_server.service.errors import Conflict
from lwm2m_server.service.ports import Unreachable, Unsent
from objects.path import Path

from .memory import Memory
from .sleepers import WINDOW, Server
from .world import FakeClock, settle

KINDS = st.sampled_from(("read", "write", "execute", "create", "partial"))
THINGS = st.one_of(
    st.tuples(st.just("asks"), KINDS),
    st.tuples(
        st.sampled_from(
            (
                *("update", "answer", "answer", "no answer", "not sent"),
                *("sleep", "register", "cancel", "power cut"),
            )
        ),
        st.none(),
    ),
)


def operation(kind: str, number: int) -> Operation:
    """Return an operation that is known by its number wherever it turns up."""
    match kind:
        case "read":
            return Read(Path(3, 0, number))
        case "write":
            return Write(Path(3, 0, number), b"1", 0)
        case "execute":
            return Execute(Path(3, 0, number))
        case "create":
            return Create(Path(number), b"x", 112)
    return Write(Path(3, number), b"x", 112, replace=False)


@dataclass
class Story:
    """One endpoint, and all that was asked of it and went out to it."""

    server: Server
    operations: dict[str, Operation] = field(default_factory=dict)
    sent: list[Operation] = field(default_factory=list)
    restarts: int = 0

    async def asks(self, kind: str) -> None:
        asked = operation(kind, len(self.operations) + 1)
        submitted = self.server.queue.submit(self.server.registration(), asked)
        task = asyncio.create_task(submitted)
        await settle()
        if task.done():
            answer = await task
            assert isinstance(answer, Queued)
            self.operations[answer.id] = asked
        else:  # it went out at once; it is none of the queue's business
            assert self.server.air.sent.pop()[1] is asked
            await self.server.air.answers(response=Response(0x44))
            assert await task == Response(0x44)

    async def happens(self, what: str) -> None:
        air = self.server.air
        match what:
            case "update":
                await self.server.update()
            case "register":
                await self.server.register()
            case "sleep":
                await self.server.passes(WINDOW + 1)
            case "power cut":
                await self.dies()
            case "cancel":
                await self.cancels()
            case "answer" if air.on_air:
                await air.answers(response=Response(0x44))
            case "no answer" if air.on_air:
                await self.server.passes(1)
                await air.fails(error=Unreachable("no answer"))
            case "not sent" if air.on_air:
                air.sent.pop()
                await air.fails(error=Unsent("no session"))

    async def cancels(self) -> None:
        requests = await self.server.queue.requests()
        for request in requests:
            if request.state == "queued":
                await self.server.queue.cancel(request.id)
                return
        for request in requests:
            try:
                await self.server.queue.cancel(request.id)
            except Conflict:
                continue
            raise AssertionError(request)

    async def dies(self) -> None:
        """Leave to another process what storage has at this moment."""
        self.collect()
        memory, clock = Memory(), FakeClock()
        memory.requests.stored = dict(self.server.memory.requests.stored)
        memory.registrations.stored = dict(self.server.memory.registrations.stored)
        memory.events.stored = await self.server.events.recent(0, 1000)
        clock.time = self.server.clock.time
        await self.server.aclose()
        self.restarts += 1
        self.server = await Server.start(memory, clock, self.restarts)

    def collect(self) -> None:
        self.sent += [sent for _, sent in self.server.air.sent]
        self.server.air.sent.clear()

    async def check(self) -> None:
        self.collect()
        times = Counter(self.sent)
        for asked in self.operations.values():
            assert times[asked] <= (MOST_ATTEMPTS + self.restarts if repeatable(asked) else 1)
        order = list(self.operations.values())
        firsts = [order.index(asked) for asked in dict.fromkeys(self.sent)]
        assert firsts == sorted(firsts), "first in, first out"
        views = {one.id: one for one in await self.server.queue.requests(limit=1000)}
        assert set(views) == set(self.operations)
        told = Counter(data["id"] for _, data in await self.server.told("response"))
        for request, view in views.items():
            ended = view.finished_at is not None
            assert told[request] == ended, "each end is told of once"
            if view.state in {"cancelled", "queued"} and not repeatable(self.operations[request]):
                assert times[self.operations[request]] == 0


@settings(max_examples=150, deadline=None)
@given(st.lists(THINGS, max_size=30))
def test_any_story_keeps_the_order_and_does_nothing_twice(
    story: list[tuple[str, str | None]],
) -> None:
    async def tell() -> None:
        one = Story(await Server.start(Memory(), FakeClock()))
        await one.server.register()
        await one.server.sleeps()
        for what, kind in story:
            await (one.happens(what) if kind is None else one.asks(kind))
        await one.check()
        await one.server.aclose()

    asyncio.run(tell())
