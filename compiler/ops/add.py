"""ADD."""

from functools import partial

from . import sums

_SIGN = 1

sum_of = partial(sums.sum_of, _SIGN)

DEFINITION = sums.definition(options_type=11, sign=_SIGN)
