"""Definitions that tests of codecs need beyond the standard ones."""

import pytest

from objects.definition import ObjectDefinition, Operations, ResourceDefinition, Version
from objects.registry import Registry
from objects.value import ResourceType


def _object(number: int, *types: tuple[ResourceType, bool]) -> ObjectDefinition:
    resources = {
        identifier: ResourceDefinition(
            identifier, f"Resource {identifier}", Operations.READ_WRITE, one, multiple, False
        )
        for identifier, (one, multiple) in enumerate(types)
    }
    return ObjectDefinition(
        number, f"Object {number}", Version(99), True, False, resources=resources
    )


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Return the standard objects, and 2, 65, 66 and 72 as the standard's examples use them."""
    integer, text, link = ResourceType.INTEGER, ResourceType.STRING, ResourceType.OBJLNK
    return Registry.of(
        [
            *Registry.standard(),
            _object(2, (integer, False), (integer, False), (integer, True), (integer, False)),
            _object(65, (link, True), (text, False), (integer, False)),
            _object(
                66,
                (text, False),
                (text, False),
                (link, False),
                (ResourceType.OPAQUE, False),
                (ResourceType.BOOLEAN, False),
                (ResourceType.FLOAT, False),
            ),
            _object(72, (integer, False), (integer, False), (ResourceType.FLOAT, False)),
            _object(3303, (ResourceType.FLOAT, False), (ResourceType.FLOAT, True)),
        ]
    )
