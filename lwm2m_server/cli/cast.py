"""Who plays in the demo, what is expected of each, and how it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from ..protocol.deployment import Delivery, Outcome, Via
from ..service.views import DeploymentView, DeviceView

MODEL = "digits"


@dataclass(frozen=True, slots=True)
class Member:
    """A simulated board, the way its model goes there, and how that is to end."""

    board: str
    via: Via
    delivery: Delivery
    expected: Outcome = Outcome.SUCCEEDED


CAST = (
    Member("sim-m0plus", Via.MODULE, Delivery.PUSH),
    Member("sim-m4", Via.MODULE, Delivery.PULL),
    Member("sim-m33", Via.FIRMWARE, Delivery.PUSH),
    Member("sim-c3", Via.FIRMWARE, Delivery.PULL),
    Member("sim-tiny", Via.MODULE, Delivery.AUTO, Outcome.DOES_NOT_FIT),
)


@dataclass(slots=True)
class Row:
    """One device and how far it got."""

    member: Member
    deployment: DeploymentView | None = None
    device: DeviceView | None = None

    @property
    def endpoint(self) -> str:
        """The name that the first device of a board registers with."""
        return f"{self.member.board}-1"

    @property
    def as_expected(self) -> bool:
        """Whether it ended as it should: verified and active, or too small by so many bytes."""
        found = self.deployment
        if found is None or found.outcome is not self.member.expected:
            return False
        if self.member.expected is not Outcome.SUCCEEDED:
            return "missing" in (found.reason or "")
        tested = found.self_test is not None and found.self_test.passed
        return tested and self.device is not None and self.device.active_model is not None

    def document(self) -> dict[str, Any]:
        """Return the row for programs."""
        found, device = self.deployment, self.device
        target = device.target if device else None
        return {
            "endpoint": self.endpoint,
            "as_expected": self.as_expected,
            "target": target.name if target else None,
            "target_source": target.source if target else None,
            "via": self.member.via,
            "delivery": found.delivered_by if found else None,
            "phase": found.phase if found else None,
            "outcome": found.outcome if found else None,
            "reason": found.reason if found else None,
            "active_model": device.active_model.name if device and device.active_model else None,
            "verified_vectors": found.self_test.vectors if found and found.self_test else 0,
            "instructions_per_inference": found.instructions if found else None,
            "unit": found.self_test.unit if found and found.self_test else None,
            "flash": found.flash if found else None,
            "ram": found.ram if found else None,
            "image_sha256": found.image_sha256 if found else None,
        }


def table(rows: Sequence[Row]) -> Table:
    """Return the rows as a table for people, with what went wrong in full below it."""
    shown = Table(
        "device",
        "core",
        "by",
        "phase",
        "instr./run",
        "flash B",
        "RAM B",
        "result",
        caption="\n".join(_reasons(rows)) or None,
        caption_justify="left",
    )
    for row in rows:
        shown.add_row(*_cells(row), style=_style(row))
    return shown


def _reasons(rows: Sequence[Row]) -> list[str]:
    ended = ((row.endpoint, row.deployment) for row in rows)
    return [f"{name}: {found.reason}" for name, found in ended if found and found.reason]


def _style(row: Row) -> str:
    if row.deployment is None or row.deployment.outcome is None:
        return ""
    return "green" if row.as_expected else "red"


def _cells(row: Row) -> tuple[str, ...]:
    found, device = row.deployment, row.device
    core = device.target.name if device and device.target else "-"
    way = f"{row.member.via}, {row.member.delivery}"
    if found is None:
        return (row.endpoint, core, way, "registering", "", "", "", "")
    return (
        row.endpoint,
        core,
        way,
        _phase(found),
        _number(found.instructions),
        _number(found.flash),
        _number(found.ram),
        _result(found),
    )


def _phase(found: DeploymentView) -> str:
    """Return the phase, with the share that has arrived while bytes are on their way."""
    if found.outcome is None and 0 < found.bytes_done < found.bytes_total:
        return f"{found.phase} {found.bytes_done / found.bytes_total:.0%}"
    return found.phase


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _result(found: DeploymentView) -> str:
    if found.outcome is Outcome.SUCCEEDED and found.self_test is not None:
        return f"active, {found.self_test.vectors} vectors right"
    return str(found.outcome or "")
