"""Attributes that Write-Attributes sets and Discover shows (OMA LwM2M Core 1.2 §7.3, Table 7.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class NotificationAttributes:
    """The <NOTIFICATION> class attributes; None is one that is not told.

    `pmin`, `pmax`, `epmin`, `epmax` are whole seconds; `gt`, `lt`, `st` numbers of the resource's
    unit; `edge` is True for the rising edge; `con` whether notifications are confirmable;
    `hqmax` how many are kept while the server is not heard. Raises `InvalidAttribute` for what
    §7.3.3 excludes: a negative or non-finite number, `pmax` below `pmin`, `epmax` below `epmin`,
    `st` of 0 or less, `lt` + 2 * `st` not below `gt`.
    """

    pmin: int | None = None
    pmax: int | None = None
    gt: float | None = None
    lt: float | None = None
    st: float | None = None
    epmin: int | None = None
    epmax: int | None = None
    edge: bool | None = None
    con: bool | None = None
    hqmax: int | None = None

    @classmethod
    def parse(cls, told: Mapping[str, str | None]) -> Self:
        """Read attributes as a query or a link has them. Raises `InvalidAttribute`."""
        raise NotImplementedError

    def query(self) -> tuple[str, ...]:
        """Return the Uri-Query options of a Write-Attributes (§6.3.4), in the table's order."""
        raise NotImplementedError
