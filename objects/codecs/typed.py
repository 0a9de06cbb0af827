"""Values as a payload shows them, made to be of the type that their definition says."""

from ..errors import InvalidValue, shown
from ..path import Path
from ..registry import Registry
from ..value import ObjectLink, ResourceType, Value, checked

_WHOLE_NUMBERS = frozenset({ResourceType.INTEGER, ResourceType.UNSIGNED_INTEGER, ResourceType.TIME})


def typed(path: Path, shows: object, registry: Registry) -> Value:
    """Return what a payload shows at `path` as a value of its resource's type.

    Where nobody has defined the resource, the value keeps the type that it shows. Spellings that
    mean the same are taken: a whole number told as a float, an object link as text or, as Zephyr
    before 3.4 does, as one number. Raises `InvalidValue`, naming the path.
    """
    try:
        natural = _natural(shows)
        resource_type = registry.type_of(path, natural)
        return checked(resource_type, _converted(natural, resource_type))
    except InvalidValue as error:
        raise InvalidValue(f"{path}: {error}") from None


def told(path: Path, value: Value, registry: Registry) -> tuple[ResourceType, Value]:
    """Return the type of `value` at `path`, and the value as that type holds it.

    Raises `InvalidValue`, naming the path.
    """
    resource_type = registry.type_of(path, value)
    try:
        return resource_type, checked(resource_type, value)
    except InvalidValue as error:
        raise InvalidValue(f"{path}: {error}") from None


def link(text: str) -> ObjectLink:
    """Read an object link. Raises `InvalidValue`."""
    return ObjectLink.parse(text.rstrip("\0"))  # Zephyr's CBOR keeps the end of its C string


def _natural(shows: object) -> Value:
    match shows:
        case str() | bytes() | bool() | int() | float() | ObjectLink():
            return shows
    raise InvalidValue(f"{shown(shows)} is no value of a resource")


def _converted(value: Value, resource_type: ResourceType) -> Value:
    if resource_type in _WHOLE_NUMBERS and isinstance(value, float) and value.is_integer():
        return int(value)
    if resource_type is ResourceType.OBJLNK:
        return _linked(value)
    return value


def _linked(value: Value) -> Value:
    if isinstance(value, str):
        return link(value)
    if isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**32:
        return ObjectLink(value >> 16 & 0xFFFF, value & 0xFFFF)
    return value
