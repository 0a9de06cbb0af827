"""Models that keep state, over the air: a self-test leaves none, and service begins anew."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compiler.oracle import Oracle
from device_sim.events import DeviceEvent, DeviceEventKind
from tests.compiler.ops.lstm_law import Lstm

from .scene import ENDPOINT, Scene, scene

MODEL = Lstm().model()
RUNS = 5
RUNS_BEFORE_THE_CUT = 3
BOARDS = ("sim-m4", "sim-m0plus", "sim-c3")


class Cut:
    """Cuts the wire behind a Run, before the server hears that it is over."""

    def __init__(self) -> None:
        self.after: int | None = None
        self.done = asyncio.Event()
        self.cut: Callable[[], None] = self.done.set

    def __call__(self, event: DeviceEvent) -> None:
        if event.kind is not DeviceEventKind.RUN or self.after is None:
            return
        self.after -= 1
        if self.after == 0:
            self.cut()
            self.done.set()


def sequence() -> tuple[list[bytes], list[bytes]]:
    """Return inputs, and what the oracle makes of them one after the other from a reset."""
    oracle, random = Oracle(MODEL), np.random.default_rng(3)
    shape = oracle.inputs[0].shape
    inputs = [random.integers(-128, 128, shape, np.int8) for _ in range(RUNS)]
    outputs = [oracle.run([one], proceed=n > 0)[0].tobytes() for n, one in enumerate(inputs)]
    assert outputs != [oracle.run([one])[0].tobytes() for one in inputs]
    return [one.tobytes() for one in inputs], outputs


async def served(at: Scene, instance: int, inputs: list[bytes]) -> list[bytes]:
    """Return what the model in a slot answers in service."""
    outputs = []
    for given in inputs:
        await at.server.write(ENDPOINT, f"/26242/{instance}/12", given.hex())
        await at.server.execute(ENDPOINT, f"/26242/{instance}/13")
        outputs.append(bytes.fromhex(await at.resource(f"/26242/{instance}/14")))
    return outputs


async def interrupted(at: Scene, cut: Cut, **what: str) -> Any:
    """Deploy with a self-test that breaks off in the middle, with the server killed there."""
    cut.cut, cut.after = at.wire.is_cut.set, RUNS_BEFORE_THE_CUT
    begun = await at.server.deploy(endpoint=ENDPOINT, **what)
    await cut.done.wait()
    await at.server.kill()
    at.wire.mend()
    await at.server.start()
    ended = await at.server.until(f"deployments/{begun['id']}", "outcome")
    assert (ended["outcome"], ended["reason"]) == ("succeeded", None)
    assert (ended["self_test"]["passed"], ended["self_test"]["vectors"]) == (True, 8)
    return ended


async def restarted(at: Scene) -> None:
    boots = at.device.boots
    await at.server.execute(ENDPOINT, "/3/0/4")
    while at.device.boots == boots or not at.device.registered:  # noqa: ASYNC110 -- its own affair
        await asyncio.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("board", "via"),
    [(board, via) for via in ("module", "firmware") for board in BOARDS],
)
async def test_service_begins_as_the_oracle_does(tmp_path: Path, board: str, via: str) -> None:
    inputs, expected = sequence()
    cut = Cut()
    async with scene(tmp_path, board, cut) as at:
        at.store.zoo.add("lstm", MODEL)
        how = {"model": "lstm", "via": via, "delivery": "push"}
        first = await interrupted(at, cut, **how)
        instance = first["slot"] or 0
        assert instance == (1 if via == "module" else 0)
        assert await served(at, instance, inputs) == expected
        await restarted(at)
        assert await served(at, instance, inputs) == expected
        assert await served(at, instance, inputs) != expected  # it goes on


@pytest.mark.slow
@pytest.mark.parametrize("board", BOARDS)
async def test_who_comes_back_into_service_begins_anew(tmp_path: Path, board: str) -> None:
    inputs, expected = sequence()
    async with scene(tmp_path, board) as at:
        at.store.zoo.add("lstm", MODEL)
        for slot in (1, 2):
            ended = await at.deployed(model="lstm", via="module", delivery="push")
            assert (ended["outcome"], ended["slot"]) == ("succeeded", slot)
            assert await served(at, slot, inputs) == expected
        await at.server.execute(ENDPOINT, "/26242/1/2")
        assert await served(at, 1, inputs) == expected
