"""The language says the bytes that RFC 7252 has, and takes no other ones for them."""

import pytest

from .script import Line, Names, OutOfStep

# RFC 7252, Appendix A, Figure 16: a request, and the response piggybacked on its ACK.
REQUEST = bytes.fromhex("40 01 7d34 bb") + b"temperature"
RESPONSE = bytes.fromhex("60 45 7d34 ff") + b"22.3 C"


def test_a_line_is_its_datagram() -> None:
    assert Names().write(Line.parse("> CON GET 7d34 - /temperature")) == REQUEST
    assert Names().write(Line.parse("> ACK 2.05 7d34 - '22.3 C'")) == RESPONSE


def test_what_comes_names_what_is_said() -> None:
    names = Names()
    came = bytes.fromhex("42 01 7d34 aabb b1 33 01 30 61 3c")
    names.read(Line.parse("< CON GET $id $token /3/0 accept=60"), came)
    said = names.write(Line.parse("> ACK 2.05 $id $token cf=60 x'18 64'"))
    assert said == bytes.fromhex("62 45 7d34 aabb c1 3c ff 18 64")


@pytest.mark.parametrize(
    "line",
    [
        "< NON 2.05 7d34 - '22.3 C'",
        "< ACK 2.04 7d34 - '22.3 C'",
        "< ACK 2.05 7d35 - '22.3 C'",
        "< ACK 2.05 7d34 aa '22.3 C'",
        "< ACK 2.05 7d34 - cf=0 '22.3 C'",
        "< ACK 2.05 7d34 - '22.4 C'",
        "< ACK 2.05 7d34 -",
    ],
)
def test_what_is_otherwise_is_out_of_step(line: str) -> None:
    with pytest.raises(OutOfStep, match="got "):
        Names().read(Line.parse(line), RESPONSE)


def test_a_name_is_one_value() -> None:
    names = Names({"id": b"\x00\x01"})
    with pytest.raises(OutOfStep):
        names.read(Line.parse("< ACK 2.05 $id - ..."), RESPONSE)
