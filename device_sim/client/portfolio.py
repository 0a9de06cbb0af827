"""Object 16 on the device: instances that servers create, write and delete (OMA object 16)."""

from collections.abc import Mapping
from typing import Final

from objects.tree import ObjectInstance, Resource, ResourceInstance

from ..errors import Refused

OBJECT_ID: Final = 16
IDENTITY: Final = 0

_BAD_REQUEST = 0x80
_NOT_FOUND = 0x84
_METHOD_NOT_ALLOWED = 0x85
_MOST: Final = 8  # instances, and values of one


class Portfolio:
    """Identities by instance and number; they last until the device is reset."""

    def __init__(self, *identities: str) -> None:
        self._instances: dict[int, dict[int, str]] = {0: dict(enumerate(identities))}

    @property
    def instances(self) -> Mapping[int, Mapping[int, str]]:
        """All identities, by instance."""
        return {number: dict(held) for number, held in self._instances.items()}

    def restore(self, instances: Mapping[int, Mapping[int, str]]) -> None:
        """Hold what was held at another time."""
        self._instances = {number: dict(held) for number, held in instances.items()}

    @property
    def free(self) -> int:
        """The lowest number that no instance has."""
        return next(number for number in range(_MOST + 1) if number not in self._instances)

    def create(self, instance: ObjectInstance) -> None:
        """Add an instance; raises `Refused`."""
        if instance.id in self._instances:
            raise Refused(_BAD_REQUEST, f"/{OBJECT_ID}/{instance.id} is there already")
        if len(self._instances) >= _MOST:
            raise Refused(_BAD_REQUEST, f"there is room for {_MOST} instances")
        if instance.resource(IDENTITY) is None:
            raise Refused(_BAD_REQUEST, "an instance has an identity (resource 0)")
        self._instances[instance.id] = _identities(instance)

    def delete(self, instance: int) -> None:
        """Take an instance away; raises `Refused`."""
        self._held(instance)
        del self._instances[instance]

    def write(
        self, instance: int, node: ObjectInstance | Resource | ResourceInstance, *, replace: bool
    ) -> None:
        """Write identities; without `replace` the others stay. Raises `Refused`."""
        held = self._held(instance)
        if isinstance(node, ResourceInstance):
            told, replace = {node.id: _text(node.value)}, False
        else:
            whole = node if isinstance(node, ObjectInstance) else ObjectInstance(0, (node,))
            told = _identities(whole)
        after = told if replace else held | told
        if len(after) > _MOST:
            raise Refused(_BAD_REQUEST, f"there is room for {_MOST} identities")
        self._instances[instance] = after

    def _held(self, instance: int) -> dict[int, str]:
        if instance not in self._instances:
            raise Refused(_NOT_FOUND, f"there is no /{OBJECT_ID}/{instance}")
        return self._instances[instance]


def _identities(instance: ObjectInstance) -> dict[int, str]:
    for resource in instance.resources:
        if resource.id != IDENTITY:
            raise Refused(_METHOD_NOT_ALLOWED, f"resource {resource.id} is not writable")
    identity = instance.resource(IDENTITY)
    content = () if identity is None else identity.content
    if not isinstance(content, tuple):
        raise Refused(_BAD_REQUEST, "an identity is a multiple resource")
    return {one.id: _text(one.value) for one in content}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Refused(_BAD_REQUEST, f"{value!r} is no text")
    return value
