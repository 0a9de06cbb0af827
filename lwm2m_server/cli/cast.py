"""Who plays in the demo, what is expected of each, and how it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from compiler.profile import Objective

from ..protocol.deployment import Delivery, Outcome, Via
from ..protocol.identity import SecurityMode
from ..service.views import DeploymentView, DeviceView

MODEL = "digits"

_NARROWEST_CORE = 10
_WIDEST_STATE = len("99% arrived ")


@dataclass(frozen=True, slots=True)
class Member:
    """A simulated board, the way its model goes there, and how that is to end.

    A `secured` one speaks DTLS, and proves itself with a key of its own.
    """

    board: str
    via: Via
    delivery: Delivery
    expected: Outcome = Outcome.SUCCEEDED
    secured: bool = False

    @property
    def endpoint(self) -> str:
        """The name that the first device of a board registers with."""
        return f"{self.board}-1"


CAST = (
    Member("sim-m0plus", Via.MODULE, Delivery.PUSH),
    Member("sim-m4", Via.MODULE, Delivery.PULL, secured=True),
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
    def identity(self) -> SecurityMode | None:
        """How the device has proven who it is; None while it is not registered."""
        registration = self.device.registration if self.device else None
        return registration.identity.mode if registration else None

    @property
    def endpoint(self) -> str:
        """The name of the device."""
        return self.member.endpoint

    @property
    def as_expected(self) -> bool:
        """Whether it ended as it should: verified and active, or too small by so many bytes."""
        found = self.deployment
        if found is None or found.outcome is not self.member.expected:
            return False
        if self.member.expected is not Outcome.SUCCEEDED:
            return "missing" in (found.reason or "")
        if self.member.secured and self.identity is not SecurityMode.PSK:
            return False
        tested = found.self_test is not None and found.self_test.passed
        return tested and self.device is not None and self.device.active_model is not None

    def document(self) -> dict[str, Any]:
        """Return the row for programs."""
        found, device = self.deployment, self.device
        target = device.target if device else None
        return {
            "endpoint": self.endpoint,
            "as_expected": self.as_expected,
            "identity": self.identity,
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
            "objective": found.objective if found else None,
            "image_sha256": found.image_sha256 if found else None,
        }


def table(rows: Sequence[Row]) -> Group:
    """Return the rows for people, 80 columns wide where there are no more.

    What went wrong stands in full below the table. Cores give way where it is narrow.
    """
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("device", no_wrap=True)
    shown.add_column("core", overflow="ellipsis", min_width=_NARROWEST_CORE)
    shown.add_column("by", no_wrap=True)
    shown.add_column("state", no_wrap=True, min_width=_WIDEST_STATE)
    for figure in ("instr.", "flash", "RAM"):
        shown.add_column(figure, justify="right", no_wrap=True)
    for row in rows:
        shown.add_row(*_cells(row), style=_style(row))
    return Group(shown, *(Text(words) for words in (*_reasons(rows), *_objectives(rows))))


def _reasons(rows: Sequence[Row]) -> list[str]:
    ended = ((row.endpoint, row.deployment) for row in rows)
    return [f"{name}: {found.reason}" for name, found in ended if found and found.reason]


def _objectives(rows: Sequence[Row]) -> list[str]:
    """Return the devices by what their images were built for."""
    found = [(row.deployment.objective, row.endpoint) for row in rows if row.deployment]
    chosen = [objective for objective in Objective if objective in dict(found)]
    return [
        f"built for {objective}: {', '.join(name for one, name in found if one == objective)}"
        for objective in chosen
    ]


def _style(row: Row) -> str:
    if row.deployment is None or row.deployment.outcome is None:
        return ""
    return "green" if row.as_expected else "red"


def _cells(row: Row) -> tuple[str, ...]:
    found, device = row.deployment, row.device
    core = device.target.name if device and device.target else "-"
    way = f"{row.member.via} {row.member.delivery}"
    if found is None:
        return (row.endpoint, core, way, "registering", "", "", "")
    figures = (found.instructions, found.flash, found.ram)
    return (row.endpoint, core, way, _state(found), *map(_number, figures))


def _state(found: DeploymentView) -> str:
    """Return how it ended, else the phase, with the share of the bytes that have arrived."""
    if found.outcome is Outcome.SUCCEEDED and found.self_test is not None:
        return f"active, {found.self_test.vectors} ok"
    if found.outcome is None and 0 < found.bytes_done < found.bytes_total:
        return f"{found.bytes_done / found.bytes_total:.0%} arrived"
    return found.outcome or found.phase


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
