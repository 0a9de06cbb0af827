"""The self-test on the device: the oracle's vectors through Input, Run and Output."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from objects import model_slot
from objects.model_slot import TEST_RUN, Resource
from objects.path import Path
from objects.tree import ObjectInstance

from ..protocol.registration import EndpointName
from .errors import OperationRefused, UnreadableAnswer
from .gateway import Gateway
from .images import SelfTestPlan
from .views import SelfTestView

_SLOTS: Final = Path(model_slot.OBJECT_ID)


@dataclass(frozen=True, slots=True)
class SelfTest:
    """How a self-test ended; `reason` says which vector differed, and where."""

    view: SelfTestView
    reason: str | None = None


async def run_self_test(
    gateway: Gateway,
    endpoint: EndpointName,
    slot: int,
    plan: SelfTestPlan,
    progress: Callable[[int, int], None],
) -> SelfTest:
    """Run all vectors in instance `slot`; stop at the first that differs.

    Each run of a model that keeps state is a test (see `TEST_RUN`), so that a self-test may be
    repeated from its start whenever one broke off, and leaves nothing behind. To others it is
    the same, and clients that take no arguments are asked as ever.
    Raises as the gateway does: `EndpointUnreachable` says nothing about the code,
    `OperationRefused` may be a fault of it that Result tells.
    """
    instance, vectors = _SLOTS.child(slot), plan.vectors
    arguments = TEST_RUN if plan.keeps_state else ""
    for number, (given, expected) in enumerate(vectors):
        await gateway.push(endpoint, instance.child(Resource.INPUT), given, _quiet)
        await gateway.execute(endpoint, instance.child(Resource.RUN), arguments)
        output = await gateway.read_opaque(endpoint, instance.child(Resource.OUTPUT))
        if output != expected:
            reason = f"vector {number + 1} of {len(vectors)}: {difference(output, expected)}"
            return SelfTest(SelfTestView(passed=False, vectors=number + 1), reason)
        progress(number + 1, len(vectors))
    return SelfTest(await _measured(gateway, endpoint, instance, len(vectors)))


def difference(output: bytes, expected: bytes) -> str:
    """Say in words where `output` is not what the oracle gave."""
    if len(output) != len(expected):
        return f"the output has {len(output)} bytes, expected {len(expected)}"
    differing = [
        at for at, pair in enumerate(zip(output, expected, strict=True)) if pair[0] != pair[1]
    ]
    first = differing[0]
    return (
        f"{len(differing)} of {len(expected)} output bytes differ, the first at {first}:"
        f" {output[first]} instead of {expected[first]}"
    )


async def _measured(
    gateway: Gateway, endpoint: EndpointName, instance: Path, vectors: int
) -> SelfTestView:
    """Read what the last run cost; a device that does not tell is none the worse for it."""
    try:
        node = await gateway.read(endpoint, instance)
    except (OperationRefused, UnreadableAnswer):
        node = None
    if not isinstance(node, ObjectInstance):
        return SelfTestView(passed=True, vectors=vectors)
    return SelfTestView(
        passed=True,
        vectors=vectors,
        cost=node.value(Resource.LAST_RUN_COST, int),
        unit=node.value(Resource.COST_UNIT, str),
        peak_ram=node.value(Resource.PEAK_RAM, int),
    )


def _quiet(_done: int, _total: int) -> None:
    return
