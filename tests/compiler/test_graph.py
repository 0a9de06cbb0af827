"""Each rule that graphs keep between passes, broken once."""

import pytest

from compiler.graph import ElementType, Graph, Operator, OperatorCode, Tensor
from compiler.options import NoOptions
from compiler.passes import checked
from compiler.violations import violations


def tensor(size: int = 4, **more: object) -> Tensor:
    return Tensor("t", (size,), ElementType.INT8, **more)  # type: ignore[arg-type]


def copy(reads: int | None, writes: int) -> Operator:
    return Operator(0, OperatorCode.RESHAPE, (reads,), (writes,), NoOptions())


def graph(*tensors: Tensor, operators: tuple[Operator, ...] = (), ends: tuple[int, int]) -> Graph:
    return Graph(tensors, operators, (ends[0],), (ends[1],))


SOUND = graph(tensor(), tensor(), operators=(copy(0, 1),), ends=(0, 1))

BROKEN = {
    "output 1 .* is never written": graph(tensor(), tensor(), ends=(0, 1)),
    "refers to tensor 7": graph(tensor(), operators=(copy(7, 0),), ends=(0, 0)),
    "list of model outputs refers to tensor 3": graph(tensor(), ends=(0, 3)),
    "an alias refers to tensor 9": graph(tensor(alias_of=9), ends=(0, 0)),
    "buffer has 3 B": graph(tensor(), tensor(data=b"abc"), ends=(0, 0)),
    "cannot share the bytes": graph(tensor(), tensor(5, alias_of=0), ends=(0, 1)),
    "alias of itself": graph(tensor(alias_of=1), tensor(alias_of=0), ends=(0, 1)),
    "constant or named twice": graph(tensor(data=b"abcd"), ends=(0, 0)),
    "writes tensor 0": graph(tensor(), operators=(copy(0, 0),), ends=(0, 0)),
    "reads tensor 1 before": graph(tensor(), tensor(), operators=(copy(1, 1),), ends=(0, 0)),
}


def test_a_sound_graph_breaks_no_rule() -> None:
    assert list(violations(SOUND)) == []
    assert checked(SOUND, "nobody") is SOUND


@pytest.mark.parametrize("words", BROKEN)
def test_a_broken_rule_is_named(words: str) -> None:
    with pytest.raises(RuntimeError, match=f"the pass: .*{words}"):
        checked(BROKEN[words], "the pass")


def test_an_alias_is_followed_to_its_storage() -> None:
    aliased = graph(tensor(), tensor(alias_of=0), tensor(alias_of=1), ends=(0, 2))
    assert list(violations(aliased)) == []
    assert aliased.storage(2) == 0
    assert "%2 is %1" in str(aliased)


def test_an_absent_input_is_none_or_an_error() -> None:
    absent = copy(None, 1)
    assert SOUND.optional_input(absent, 0) is None
    assert SOUND.optional_input(absent, 5) is None
    with pytest.raises(IndexError, match="operator 0 RESHAPE has no input 0"):
        SOUND.input(absent, 0)
