"""Arguments of an Execute are as the standard writes them (OMA LwM2M Core 1.2 §6.3.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.protocol.arguments import check_arguments

ARGUMENTS = [
    "",
    "0",
    "5",
    "0='firmware'",
    "2='10.3',7,0='https://www.oma.org'",  # the clause's own examples are of these forms
    "0='</33629/1>,</33629/2>'",
    "3=''",
    "1='=,'",
]


@pytest.mark.parametrize("text", ARGUMENTS)
def test_what_the_grammar_has_passes(text: str) -> None:
    check_arguments(text)


@pytest.mark.parametrize(
    "text",
    ["10", "a", "0=", "0='", "0=x", "0='a b'", "0='a\\b'", "0='\"'", "0,", ",0", "0='é'", "0 ,1",
     "0='x'\n", "0''"],
)  # fmt: skip
def test_what_it_has_not_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="are not as in 0='x',1"):
        check_arguments(text)


_CHARACTERS = [chr(one) for one in range(0x21, 0x7F) if chr(one) not in "\"'\\"]
_VALUE = st.one_of(
    st.none(), st.text(st.sampled_from(_CHARACTERS), max_size=8).map(lambda one: f"='{one}'")
)
_LIST = st.lists(st.tuples(st.integers(0, 9), _VALUE), max_size=4)


@given(_LIST)
def test_every_list_of_the_grammar_passes(arguments: list[tuple[int, str | None]]) -> None:
    check_arguments(",".join(f"{digit}{value or ''}" for digit, value in arguments))
