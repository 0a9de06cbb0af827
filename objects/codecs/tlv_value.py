"""How TLV writes a value of each type (OMA LwM2M Core 1.1, Appendix C): big endian throughout."""

import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from ..errors import InvalidValue
from ..value import ObjectLink, ResourceType, Value, checked

_INTEGER_WIDTHS: Final = (1, 2, 4, 8)


def decode(resource_type: ResourceType, content: bytes) -> Value:
    """Read the bytes of a value. Raises `InvalidValue`."""
    return _READERS[resource_type](content)


def encode(resource_type: ResourceType, value: object) -> bytes:
    """Write a value in the fewest bytes its type allows. Raises `InvalidValue`."""
    match checked(resource_type, value):
        case bool(flag):
            return bytes([flag])
        case int(number):
            signed = resource_type is not ResourceType.UNSIGNED_INTEGER
            return _shortest_integer(number, signed=signed)
        case float(number):
            return _shortest_float(number)
        case str(text):
            return text.encode()
        case bytes(content):
            return content
        case ObjectLink(object_id, instance_id):
            return struct.pack(">HH", object_id, instance_id)


def _shortest_integer(number: int, *, signed: bool) -> bytes:
    bits = (number if number >= 0 else ~number).bit_length() + signed
    width = next(width for width in _INTEGER_WIDTHS if bits <= 8 * width)
    return number.to_bytes(width, "big", signed=signed)


def _shortest_float(number: float) -> bytes:
    with suppress(OverflowError):
        short = struct.pack(">f", number)
        if struct.unpack(">f", short)[0] == number:
            return short
    return struct.pack(">d", number)


def _read_text(content: bytes) -> Value:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValue(f"text is no UTF-8 at its byte {error.start}") from None


def _read_signed(content: bytes) -> Value:
    return int.from_bytes(_of_width(content, _INTEGER_WIDTHS, "an integer"), "big", signed=True)


def _read_unsigned(content: bytes) -> Value:
    return int.from_bytes(_of_width(content, _INTEGER_WIDTHS, "an unsigned integer"), "big")


def _read_float(content: bytes) -> Value:
    width = len(_of_width(content, (4, 8), "a float"))
    value: float = struct.unpack(">f" if width == 4 else ">d", content)[0]
    return value


def _read_boolean(content: bytes) -> Value:
    if content not in {b"\x00", b"\x01"}:
        raise InvalidValue(f"a boolean is one byte of 0 or 1, not {content[:8].hex() or 'nothing'}")
    return content == b"\x01"


def _read_link(content: bytes) -> Value:
    _of_width(content, (4,), "an object link")
    return ObjectLink(*struct.unpack(">HH", content))


def _of_width(content: bytes, widths: tuple[int, ...], what: str) -> bytes:
    if len(content) not in widths:
        choice = ", ".join(str(width) for width in widths)
        raise InvalidValue(f"{what} has {len(content)} bytes, not {choice}")
    return content


_READERS: Final[Mapping[ResourceType, Callable[[bytes], Value]]] = {
    ResourceType.STRING: _read_text,
    ResourceType.INTEGER: _read_signed,
    ResourceType.UNSIGNED_INTEGER: _read_unsigned,
    ResourceType.FLOAT: _read_float,
    ResourceType.BOOLEAN: _read_boolean,
    ResourceType.OPAQUE: bytes,
    ResourceType.TIME: _read_signed,
    ResourceType.OBJLNK: _read_link,
    ResourceType.CORELNK: _read_text,
}
