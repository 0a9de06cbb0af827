"""Exact instructions, told apart by operator."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from .verify import Verification


def by_operator(marks: Mapping[int, int], verification: Verification) -> dict[int, int]:
    """Return the instructions of each operator in the exact run of the first vector, by index.

    `marks` tells where the code of which operator begins. An operator counts until the
    next one begins, the last until the end of the run. Empty where the emulator cannot tell.
    """
    measured = verification.measured
    if measured is None or not measured.visits:
        return {}
    found: Counter[int] = Counter()
    ends = (*measured.visits, (0, measured.instructions))
    for (address, before), (_, after) in pairwise(ends):
        operator = marks.get(address, marks.get(address | 1))
        if operator is not None:
            found[operator] += after - before
    return dict(found)
