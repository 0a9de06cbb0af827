"""CoAP messages in the JSON of Leshan's demo, for its log of one endpoint."""

from collections.abc import Iterator
from typing import Any, Final

from ...coap.block import Block
from ...coap.errors import Malformed
from ...coap.message import Message, decode
from ...coap.numbers import Code, Type, code_text, is_request
from ...coap.options import TABLE, Options
from ...service.traffic import Traced

_NAMES: Final = {
    row.field: row.number.name.replace("_", "-").title().replace("Etag", "ETag") for row in TABLE
}


def to_json(traced: Traced) -> dict[str, Any]:
    """Return one message as it goes out; what is no CoAP shows its bytes alone."""
    told: dict[str, Any] = {
        "timestamp": int(traced.at * 1000),
        "incoming": traced.incoming,
    }
    try:
        told |= _message(decode(traced.datagram))
    except Malformed as fault:
        told |= {"type": f"malformed: {fault}", "payload": _payload(traced.datagram)}
    return {**told, "ep": traced.endpoint}


def _message(message: Message) -> dict[str, Any]:
    told = {
        "type": Type(message.type).name,
        "code": _code(message.code),
        "mId": message.id,
        "token": message.token.hex().upper(),
        "options": " - ".join(_options(message.options)) or None,
        "payload": _payload(bytes(message.payload)),
    }
    return {name: value for name, value in told.items() if value is not None}


def _code(code: int) -> str | None:
    """Return a method's name or a response's code, `2.05`; an empty message has none."""
    if not code:
        return None
    return Code(code).name if is_request(code) and code in set(Code) else code_text(code)


def _options(options: Options) -> Iterator[str]:
    for row in TABLE:
        value = getattr(options, row.field)
        if value is None or value is False or (row.repeatable and not value):
            continue
        values = value if row.repeatable else (value,)
        yield f"{_NAMES[row.field]}: {', '.join(_value(one) for one in values)}"
    for number, content in options.other:
        yield f"Unknown ({number}): {_value(content)}"


def _value(value: Any) -> str:
    match value:
        case bytes():
            return f"0x{value.hex().upper()}"
        case str():
            return f'"{value}"'
        case Block(number=number, more=more):
            return f"(size={value.size}, m={str(more).lower()}, num={number})"
    return str(value)


def _payload(payload: bytes) -> str | None:
    if not payload:
        return None
    printable = all(0x20 <= byte < 0x7F for byte in payload)
    return payload.decode("ascii") if printable else f"Hex:{payload.hex()}"
