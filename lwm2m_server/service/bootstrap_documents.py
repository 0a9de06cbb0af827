"""Bootstrap configurations as JSON, for sealing, and back: each value with its type."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from objects.path import Path
from objects.tree import ObjectInstance, Resource, from_leaves, leaves
from objects.value import ObjectLink, Value

from ..protocol.bootstrap_configuration import Configuration, OwnAccount

# bool before int, which every bool is as well.
_WRITERS: Final[Mapping[type, tuple[str, Callable[[Any], Any]]]] = MappingProxyType(
    {
        bool: ("bool", bool),
        int: ("int", int),
        float: ("float", float),
        str: ("str", str),
        bytes: ("bytes", bytes.hex),
        ObjectLink: ("link", str),
    }
)
_READERS: Final[Mapping[str, Callable[[Any], Value]]] = MappingProxyType(
    {
        "bool": bool,
        "int": int,
        "float": float,
        "str": str,
        "bytes": bytes.fromhex,
        "link": ObjectLink.parse,
    }
)


def written(configuration: Configuration) -> bytes:
    """Return a configuration as `read` understands it, keys and all."""
    told = {
        "instances": [
            (
                str(path),
                [(str(place), *_tagged(value)) for place, value in leaves(path, one)],
                [resource.id for resource in one.resources if resource.content == ()],
            )
            for path, one in configuration.instances
        ],
        "own": [(one.instance, one.uri, one.short_server_id) for one in configuration.own],
        "delete": [str(path) for path in configuration.delete],
        "read": [str(path) for path in configuration.read],
        "discover": configuration.discover,
        "content_format": configuration.content_format,
        "in_clear": configuration.in_clear,
    }
    return json.dumps(told).encode()


def read(document: bytes) -> Configuration:
    """Return the configuration that `written` made `document` of."""
    told = json.loads(document)
    return Configuration(
        instances=tuple(_instance(*one) for one in told["instances"]),
        own=tuple(OwnAccount(*one) for one in told["own"]),
        delete=tuple(map(Path.parse, told["delete"])),
        read=tuple(map(Path.parse, told["read"])),
        discover=told["discover"],
        content_format=told["content_format"],
        in_clear=told["in_clear"],
    )


def _tagged(value: Value) -> tuple[str, Any]:
    name, write = next(how for kind, how in _WRITERS.items() if isinstance(value, kind))
    return name, write(value)


def _instance(
    place: str, values: list[tuple[str, str, Any]], empty: list[int]
) -> tuple[Path, ObjectInstance]:
    path = Path.parse(place)
    node = from_leaves(path, ((Path.parse(at), _READERS[tag](one)) for at, tag, one in values))
    if not isinstance(node, ObjectInstance):
        raise TypeError(f"{path} is no object instance")
    resources = (*node.resources, *(Resource(one, ()) for one in empty))
    return path, ObjectInstance.of(node.id, resources)
