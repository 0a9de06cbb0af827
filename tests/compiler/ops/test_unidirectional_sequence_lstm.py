"""UNIDIRECTIONAL_SEQUENCE_LSTM against the interpreter."""

from hypothesis import example, given

from .lstm_law import Lstm, lstms
from .operator_law import assert_same, many, seeds


@many
@given(lstm=lstms, seed=seeds)
@example(lstm=Lstm(), seed=0)
@example(lstm=Lstm(weights=(2.0**3,) * 8), seed=1)
@example(lstm=Lstm(cell_power=0), seed=2)
def test_unidirectional_sequence_lstm(kernels, lstm, seed):
    assert_same(kernels, lstm.model(), seed)
