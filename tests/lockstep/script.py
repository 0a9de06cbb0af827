"""A language for one end of a CoAP conversation, datagram by datagram.

A line is a datagram: `>` is said by the device, `<` has to come from the server, in this order
and with nothing between. Every byte is told:

    > CON POST 0001 a1 /rd ?ep=dev ?lt=30 cf=40 '</1/0>'
    < ACK 2.01 0001 a1 loc=/rd/$at
    < CON GET $id $token /3/0 accept=11542
    > ACK 2.05 $id $token cf=11542 x'c1 09 64'
    < nothing

are the type (RFC 7252 §3), the code by name or number, the message id as four hex digits, the
token in hex (`-` where it is empty), the options in the order of their numbers, and the payload:
text in quotes, or hex after an `x`. What the standard leaves to the server is `$name`, which is
any value where it comes first and that very value from then on, `*` for an option of any value
and `...` for any payload. `nothing` is that the server has nothing to say. The encoder
and the decoder are those of `tests.lwm2m_server.coap.datagrams`, so that no codec is its own judge.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.lwm2m_server.coap.datagrams import Peer, block, datagram, taken_apart

_TYPES = ("CON", "NON", "ACK", "RST")
_METHODS = {
    "EMPTY": 0,
    "GET": 1,
    "POST": 2,
    "PUT": 3,
    "DELETE": 4,
    "FETCH": 5,
    "PATCH": 6,
    "IPATCH": 7,
}
# RFC 7252 §12.2, RFC 7641 §2, RFC 7959 §2.1 and §4, RFC 9175 §3.2.
_TEXTS = {"loc": 8, "path": 11, "query": 15}
_HEX = {"etag": 4, "tag": 292}
_NUMBERS = {"observe": 6, "cf": 12, "max-age": 14, "accept": 17, "size2": 28, "size1": 60}
_BLOCKS = {"block2": 23, "block1": 27}
_OPTIONS = _TEXTS | _HEX | _NUMBERS | _BLOCKS
_NAMES = {number: name for name, number in _OPTIONS.items()}
_ITEMS = re.compile(r"x?'[^']*'|\S+")
_NOBODY = Peer(0)
_SHOWN = 64


class OutOfStep(AssertionError):
    """What came is not what the script has."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what is said or heard, None for nothing."""

    text: str
    said: bool
    items: tuple[str, ...] | None

    @classmethod
    def parse(cls, text: str) -> "Line":
        items = tuple(_ITEMS.findall(text))
        assert items[0] in {">", "<"}, f"neither > nor <: {text}"
        return cls(text, items[0] == ">", None if items[1:] == ("nothing",) else items[1:])


def lines(script: str) -> Iterator[Line]:
    """Read a script; what begins with # is for people."""
    for text in script.splitlines():
        if (bare := text.strip()) and not bare.startswith("#"):
            yield Line.parse(bare)


@dataclass(slots=True)
class Names:
    """What `$name` stands for, as bytes."""

    known: dict[str, bytes] = field(default_factory=dict)

    def __getitem__(self, name: str) -> bytes:
        return self.known[name]

    def text(self, name: str) -> str:
        return self.known[name].decode()

    def write(self, line: Line) -> bytes:
        """Return the datagram that a line says."""
        assert line.items is not None
        kind, code, number, token, *rest = line.items
        options, payload = [], b""
        for item in rest:
            if item[0] in "'x$" and not item.startswith("x="):
                payload = self._value(item)
            else:
                options += [(at, self._option(at, told)) for at, told in _options(item)]
        return datagram(
            _TYPES.index(kind),
            _code(code),
            int.from_bytes(self._hex(number), "big"),
            self._hex(token),
            tuple(sorted(options, key=lambda option: option[0])),
            payload,
        )

    def read(self, line: Line, data: bytes) -> None:
        """Take a datagram for what a line has; raises `OutOfStep`."""
        assert line.items is not None
        came = taken_apart(_NOBODY, data)
        kind, code, number, token, *rest = line.items
        expected = [pair for item in rest for pair in _options(item) if not _is_payload(item)]
        payload = next((item for item in rest if _is_payload(item)), "''")
        same = (
            (_TYPES[came.type], came.code) == (kind, _code(code))
            and self._fits(number, came.id.to_bytes(2, "big"))
            and self._fits(token, came.token)
            and [at for at, _ in came.options] == [at for at, _ in expected]
            and all(
                told == "*" or self._fits(told, value, at)
                for (_, value), (at, told) in zip(came.options, expected, strict=True)
            )
            and (payload == "..." or self._fits(payload, came.payload))
        )
        if not same:
            raise OutOfStep(f"expected {line.text}\ngot        {shown(data)}")

    def _fits(self, told: str, value: bytes, option: int | None = None) -> bool:
        """Whether a value is what is told; a name that is new is that value from now on."""
        if told.startswith("$") and told[1:] not in self.known:
            self.known[told[1:]] = value
            return True
        if option is not None:
            return self._option(option, told) == value
        return (self._value(told) if _is_payload(told) else self._hex(told)) == value

    def _hex(self, told: str) -> bytes:
        if told.startswith("$"):
            return self.known[told[1:]]
        return b"" if told == "-" else bytes.fromhex(told)

    def _value(self, told: str) -> bytes:
        if told.startswith("$"):
            return self.known[told[1:]]
        if told.startswith("x"):
            return bytes.fromhex(told[2:-1])
        return told[1:-1].encode()

    def _option(self, number: int, told: str) -> bytes:
        if told.startswith("$"):
            return self.known[told[1:]]
        name = _NAMES[number]
        if name in _TEXTS:
            return told.encode()
        if name in _HEX:
            return self._hex(told)
        if name in _BLOCKS:
            which, more, size = (int(part) for part in told.split("/"))
            return block(which, more=bool(more), exponent=size.bit_length() - 5)
        value = int(told)
        return value.to_bytes((value.bit_length() + 7) // 8, "big")


def shown(data: bytes) -> str:
    """Return a datagram as a line has it, as far as its bytes are text."""
    came = taken_apart(_NOBODY, data)
    codes = {number: name for name, number in _METHODS.items()}
    code = codes.get(came.code, f"{came.code >> 5}.{came.code & 31:02}")
    options = (f"{_NAMES.get(at, at)}={value!r}" for at, value in came.options)
    token = came.token.hex() or "-"
    head = f"< {_TYPES[came.type]} {code} {came.id:04x} {token}"
    return " ".join((head, *options, repr(came.payload[:_SHOWN])))


def _is_payload(item: str) -> bool:
    return item == "..." or item[0] in "'$" or item.startswith("x'")


def _options(item: str) -> list[tuple[int, str]]:
    if _is_payload(item):
        return []
    if item.startswith("/"):
        return [(_TEXTS["path"], one) for one in item[1:].split("/")] if item != "/" else []
    if item.startswith("?"):
        return [(_TEXTS["query"], item[1:])]
    name, _, told = item.partition("=")
    if name == "loc":
        return [(_TEXTS["loc"], one) for one in told[1:].split("/")]
    return [(_OPTIONS[name], told)]


def _code(told: str) -> int:
    if told in _METHODS:
        return _METHODS[told]
    kind, _, detail = told.partition(".")
    return int(kind) << 5 | int(detail)
