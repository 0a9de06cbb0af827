"""Law: a staircase that is found is the reference's requantisation, for every sum."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.fixed_point import requantize
from compiler.forms.narrow.staircase import Output, Staircase, staircase
from compiler.quantization import Multiplier

multipliers = st.builds(Multiplier, st.integers(1 << 30, (1 << 31) - 1), st.integers(-14, 0))


@settings(max_examples=60, deadline=None)
@given(
    multiplier=multipliers,
    zero_point=st.integers(-128, 127),
    ends=st.tuples(st.integers(-128, 127), st.integers(-128, 127)).map(sorted),
    middle=st.integers(-(1 << 20), 1 << 20),
)
def test_every_sum_of_a_range(multiplier, zero_point, ends, middle) -> None:
    sums = np.arange(middle - 40_000, middle + 40_000, dtype=np.int64)
    output = Output(zero_point, *ends)
    found = staircase(multiplier, output, int(sums[0]), int(sums[-1]))
    if found is not None:
        expected = np.clip(requantize(sums, multiplier) + zero_point, *ends)
        np.testing.assert_array_equal(found.at(sums), expected)
        s = np.arange(found.width + 1, dtype=np.int64)
        assert (s * found.lower).max() < 1 << 32
        assert sums[-1] - found.low < 1 << 31
        assert sums[0] - found.low >= -(1 << 31)
        assert len(found.words()) == 7


def test_one_is_found_for_what_networks_have() -> None:
    found = staircase(Multiplier(1_518_500_250, -8), Output(-128, -128, 127), -(1 << 19), 1 << 19)
    assert isinstance(found, Staircase)
