"""An object instance that is to be created, and the id it gets (OMA LwM2M Core 1.2 §6.3.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final, Self

from objects.codecs import ContentFormat, encode
from objects.errors import UnsupportedFormat
from objects.path import Path
from objects.registry import Registry as Definitions
from objects.tree import Object, ObjectInstance, Resource

from ..protocol.registration import Registration

# Only these carry resources without the instance that they are of.
_NAMELESS: Final = frozenset({ContentFormat.TLV, ContentFormat.OLD_TLV})


@dataclass(frozen=True, slots=True)
class NewInstance:
    """What a Create carries: `instance` of the object at `path`.

    Unless it is `named`, the client is left to choose the id where a content format can say that.
    """

    path: Path
    instance: ObjectInstance
    named: bool

    @classmethod
    def of(
        cls,
        path: Path,
        told: ObjectInstance | Sequence[Resource],
        registration: Registration,
    ) -> Self:
        """Return what is to be created; without an id, with the lowest that nobody has told of."""
        if isinstance(told, ObjectInstance):
            return cls(path, told, named=True)
        taken = {one.instance_id for one in registration.objects if path.contains(one)}
        free = next(number for number in count() if number not in taken)
        # Zephyr takes a Create without an id for one of instance 0, which it writes over.
        return cls(path, ObjectInstance.of(free, told), named=free > 0)

    def encoded(self, content_format: int, definitions: Definitions, root: str) -> bytes:
        """Return the payload; raises as `codecs.encode` does."""
        if not (self.instance.resources or content_format in _NAMELESS):
            raise UnsupportedFormat(f"{content_format} tells of no instance without a resource")
        if self.named or content_format not in _NAMELESS:
            node = Object(self.path.parts[0], (self.instance,))
            return encode(content_format, self.path, node, definitions, root)
        base = self.path.child(self.instance.id)
        return encode(content_format, base, self.instance, definitions, root)
