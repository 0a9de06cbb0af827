"""Bootstrap configurations and their parts, for tests."""

from collections.abc import Mapping

from lwm2m_server.protocol.bootstrap_configuration import Configuration
from objects.path import Path
from objects.tree import ObjectInstance, Resource
from objects.value import Value

KEY = bytes(range(16))
URI = "coap://lwm2m.example.org"
SECURE = "coaps://lwm2m.example.org"


def instance(path: str, values: Mapping[int, Value]) -> tuple[Path, ObjectInstance]:
    """Return an instance with its path."""
    at = Path.parse(path)
    resources = (Resource(number, value) for number, value in values.items())
    return at, ObjectInstance.of(at.parts[1], resources)


def nosec(path: str = "/0/1", ssid: int = 1, **more: Value) -> tuple[Path, ObjectInstance]:
    values: dict[int, Value] = {0: URI, 1: False, 2: 3, 10: ssid}
    return instance(path, values | {int(name[1:]): value for name, value in more.items()})


def psk(path: str = "/0/1", ssid: int = 1, **more: Value) -> tuple[Path, ObjectInstance]:
    values: dict[int, Value] = {0: SECURE, 1: False, 2: 0, 3: b"dev", 4: b"", 5: KEY, 10: ssid}
    return instance(path, values | {int(name[1:]): value for name, value in more.items()})


def server(path: str = "/1/0", ssid: int = 1, **more: Value) -> tuple[Path, ObjectInstance]:
    values: dict[int, Value] = {0: ssid, 1: 300, 6: True, 7: "U"}
    return instance(path, values | {int(name[1:]): value for name, value in more.items()})


PLAIN = Configuration((nosec(), server()))
SECURED = Configuration((psk(), server()))
