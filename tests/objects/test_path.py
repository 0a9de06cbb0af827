"""Paths: their text, their order, their bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objects.errors import InvalidPath
from objects.path import Path

PATHS = st.lists(st.integers(0, 65534), max_size=4).map(lambda parts: Path(*parts))


@given(path=PATHS)
def test_a_path_reads_back_from_its_text(path: Path) -> None:
    assert Path.parse(str(path)) == path


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("/", ()),
        ("3", (3,)),
        ("3/0/9", (3, 0, 9)),
        ("/3/0/", (3, 0)),
        ("/65534/0/1/2", (65534, 0, 1, 2)),
    ],
)
def test_text_means_a_path(text: str, parts: tuple[int, ...]) -> None:
    assert Path.parse(text).parts == parts


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/3/0/9/1/2", "more than four segments"),
        ("/3//9", "segment that is no identifier: ''"),
        ("//3", "segment that is no identifier"),
        ("/3/x", "segment that is no identifier: 'x'"),
        ("/-1", "segment that is no identifier"),
        ("/1.0", "segment that is no identifier"),
        ("/٣", "segment that is no identifier"),
        ("/65535", "65535 is outside 0..65534"),
        ("/999999", "segment that is no identifier"),
        ("/" * 100_000, "more than four segments"),
        ("9" * 100_000, "segment that is no identifier"),
    ],
)
def test_text_that_is_no_path_is_named_briefly(text: str, says: str) -> None:
    with pytest.raises(InvalidPath, match=says) as raised:
        Path.parse(text)
    assert len(str(raised.value)) < 250


def test_a_gap_is_no_path() -> None:
    with pytest.raises(InvalidPath, match="gap"):
        Path(3, None, 9)


@given(first=PATHS, second=PATHS)
def test_order_is_that_of_the_numbers_parents_first(first: Path, second: Path) -> None:
    assert (first < second) == (first.parts < second.parts)
    assert (first < second) + (second < first) + (first == second) == 1
    if first.contains(second):
        assert first <= second


def test_a_path_has_no_order_with_anything_else() -> None:
    with pytest.raises(TypeError):
        sorted([Path(3), "/3"])


def test_ten_comes_after_nine() -> None:
    texts = ["/10", "/9", "/3/0/10", "/3/0", "/3/0/9", "/"]
    assert [str(path) for path in sorted(map(Path.parse, texts))] == [
        "/", "/3/0", "/3/0/9", "/3/0/10", "/9", "/10",
    ]  # fmt: skip


@given(path=PATHS, other=PATHS)
def test_a_path_contains_itself_and_what_is_below(path: Path, other: Path) -> None:
    assert path.contains(path)
    assert Path().contains(path)
    if len(path.parts) < 4:
        assert path.contains(path.child(7))
        assert not path.child(7).contains(path)
    assert path.contains(other) == (other.parts[: len(path.parts)] == path.parts)
