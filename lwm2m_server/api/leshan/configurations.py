"""Bootstrap configurations in the JSON of Leshan's `BootstrapConfig`, both ways.

A table for each object says which field is which resource. Bytes are lists of numbers, as Java
has them; keys come in and never go out.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from objects.codecs import ContentFormat
from objects.errors import InvalidPath, InvalidValue, shown
from objects.path import Path
from objects.tree import ObjectInstance, Resource
from objects.value import ObjectLink, Value

from ...protocol.bootstrap_configuration import Configuration
from ...service.bootstrap_configurations import ConfigurationView
from ...service.errors import InvalidInput

Json = dict[str, Any]
_Content = Value | tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Field:
    """One field: its resource, and how its value comes in and goes out.

    `default` is what Leshan writes where nothing is told; None writes nothing.
    """

    resource: int
    read: Callable[[Any], Any]
    show: Callable[[Any], Any] = lambda value: value
    default: Any = None


def _number(told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int):
        raise InvalidValue("it is no whole number")
    return told


def _flag(told: Any) -> bool:
    if not isinstance(told, bool):
        raise InvalidValue("it is neither true nor false")
    return told


def _text(told: Any) -> str:
    if not isinstance(told, str):
        raise InvalidValue("it is no text")
    return told


def _binding(told: Any) -> str:
    """Read `UQ`, or `["U", "Q"]` of older milestones."""
    return "".join(map(_text, told)) if isinstance(told, list) else _text(told)


def _bytes(told: Any) -> bytes:
    """Read numbers, signed as Java's bytes are or not, or base64."""
    if isinstance(told, list):
        numbers = [_number(one) for one in told]
        if not all(-128 <= one <= 255 for one in numbers):
            raise InvalidValue("a byte is -128 to 255")
        return bytes(one % 256 for one in numbers)
    try:
        return base64.b64decode(_text(told), validate=True)
    except ValueError:
        raise InvalidValue("it is neither a list of bytes nor base64") from None


def _shown_bytes(hexadecimal: str) -> list[int]:
    return list(bytes.fromhex(hexadecimal))


def _link(target: int) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    return (
        lambda told: ObjectLink(target, _number(told)),
        lambda text: int(str(text).partition(":")[2]),
    )


def _word(**numbers: int) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    words = {number: word for word, number in numbers.items()}

    def read(told: Any) -> int:
        if _text(told).upper() not in numbers:
            raise InvalidValue(f"it is none of {', '.join(numbers)}")
        return numbers[told.upper()]

    return read, lambda number: words.get(number, str(number))


def _rights(told: Any) -> dict[int, int]:
    if not isinstance(told, dict):
        raise InvalidValue('it is no {"short server id": rights}')
    return {int(name): _number(one) for name, one in told.items()}


_SERVER: Final[Mapping[str, _Field]] = MappingProxyType(
    {
        "shortId": _Field(0, _number, default=0),
        "lifetime": _Field(1, _number, default=86400),
        "defaultMinPeriod": _Field(2, _number, default=1),
        "defaultMaxPeriod": _Field(3, _number),
        "disableTimeout": _Field(5, _number),
        "notifIfDisabled": _Field(6, _flag, default=True),
        "binding": _Field(7, _binding, default="U"),
        "apnLink": _Field(10, *_link(11)),
        "registrationPriority": _Field(13, _number),
        "initialDelay": _Field(14, _number),
        "registrationFailure": _Field(15, _flag),
        "bootstrapOnRegistrationFailure": _Field(16, _flag),
        "communicationRetryCount": _Field(17, _number),
        "CommunicationRetryTimer": _Field(18, _number),
        "SequenceDelayTimer": _Field(19, _number),
        "SequenceRetryCount": _Field(20, _number),
        "trigger": _Field(21, _flag),
        "preferredTransport": _Field(22, _text),
        "muteSend": _Field(23, _flag),
    }
)
_SECURITY: Final[Mapping[str, _Field]] = MappingProxyType(
    {
        "uri": _Field(0, _text),
        "bootstrapServer": _Field(1, _flag, default=False),
        "securityMode": _Field(2, *_word(PSK=0, RPK=1, X509=2, NO_SEC=3, EST=4)),
        "publicKeyOrId": _Field(3, _bytes, _shown_bytes, default=[]),
        "serverPublicKey": _Field(4, _bytes, _shown_bytes, default=[]),
        "secretKey": _Field(5, _bytes, default=[]),
        "serverId": _Field(10, _number),
        "clientOldOffTime": _Field(11, _number),
        "bootstrapServerAccountTimeout": _Field(12, _number),
        "matchingType": _Field(
            13, *_word(EXACT_MATCH=0, SHA256_HASH=1, SHA384_HASH=2, SHA512_HASH=3)
        ),
        "sni": _Field(14, _text),
        "certificateUsage": _Field(
            15,
            *_word(
                CA_CONSTRAINT=0,
                SERVICE_CERTIFICATE_CONSTRAINT=1,
                TRUST_ANCHOR_ASSERTION=2,
                DOMAIN_ISSUER_CERTIFICATE=3,
            ),
        ),
        "oscoreSecurityMode": _Field(17, *_link(21)),
    }
)
_ACCESS: Final[Mapping[str, _Field]] = MappingProxyType(
    {
        "objectId": _Field(0, _number, default=0),
        "objectInstanceId": _Field(1, _number, default=0),
        "acls": _Field(2, _rights),
        "AccessControlOwner": _Field(3, _number),
    }
)
_OSCORE: Final[Mapping[str, _Field]] = MappingProxyType(
    {
        "oscoreMasterSecret": _Field(0, _bytes),
        "oscoreSenderId": _Field(1, _bytes, _shown_bytes),
        "oscoreRecipientId": _Field(2, _bytes, _shown_bytes),
        "oscoreAeadAlgorithm": _Field(3, _number),
        "oscoreHmacAlgorithm": _Field(4, _number),
        "oscoreMasterSalt": _Field(5, _bytes, _shown_bytes),
    }
)
# SMS, which this server does not speak; a configuration for it alone would reach nobody.
_PASSED_OVER: Final = frozenset(
    {"smsSecurityMode", "smsBindingKeyParam", "smsBindingKeySecret", "serverSmsNumber"}
)

_OBJECTS: Final[Mapping[str, tuple[int, Mapping[str, _Field]]]] = MappingProxyType(
    {
        "security": (0, _SECURITY),
        "servers": (1, _SERVER),
        "acls": (2, _ACCESS),
        "oscore": (21, _OSCORE),
    }
)


# --- coming in --------------------------------------------------------------------------------


def from_json(data: Any) -> Configuration:
    """Return the configuration that is asked for; raises `InvalidInput`, which repeats no key."""
    told = _object(data, "the configuration")
    instances = tuple(
        (Path(number, instance.id), instance)
        for section, (number, fields) in _OBJECTS.items()
        for instance in _instances(section, told.get(section), fields)
    )
    return Configuration(
        instances=instances,
        delete=_paths(told.get("toDelete")),
        discover=bool(told.get("autoIdForSecurityObject", False)),
        content_format=_format(told.get("contentFormat")),
        # As there; whether an unproven endpoint is admitted at all is --allow-nosec's to say.
        in_clear=True,
    )


def _instances(section: str, told: Any, fields: Mapping[str, _Field]) -> Iterator[ObjectInstance]:
    for name, given in _object({} if told is None else told, section).items():
        where = f"{section}.{name}"
        if not (name.isascii() and name.isdigit() and len(name) <= 5):
            raise InvalidInput(f"{where}: an instance is named by its identifier")
        yield ObjectInstance.of(int(name), _resources(where, _object(given, where), fields))


def _resources(where: str, given: Json, fields: Mapping[str, _Field]) -> Iterator[Resource]:
    known = {name.lower(): field for name, field in fields.items()}
    told = {name.lower(): value for name, value in given.items() if value is not None}
    for name in given:
        if name.lower() not in known and name not in _PASSED_OVER:
            raise InvalidInput(f"{where}.{name}: there is no such field")
    for name, field in fields.items():
        value = told.get(name.lower(), field.default)
        if value is None:
            continue
        try:
            content = field.read(value)
        except ValueError as fault:
            raise InvalidInput(f"{where}.{name}: {fault}") from None
        many = isinstance(content, dict)
        yield (
            Resource.multiple(field.resource, content)
            if many
            else Resource(field.resource, content)
        )


def _paths(told: Any) -> tuple[Path, ...]:
    if told is None:
        return ()
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        raise InvalidInput("toDelete: this is no list of paths")
    try:
        return tuple(Path.parse(one) for one in told)
    except InvalidPath as fault:
        raise InvalidInput(f"toDelete: {fault}") from fault


def _format(told: Any) -> int | None:
    name = told.get("name") if isinstance(told, dict) else told
    if name is None:
        return None
    if not isinstance(name, str) or name.upper() not in ContentFormat.__members__:
        raise InvalidInput(f"contentFormat: {shown(name)} is none")
    return ContentFormat[name.upper()]


def _object(told: Any, where: str) -> Json:
    if not isinstance(told, dict):
        raise InvalidInput(f"{where}: this is no JSON object")
    return told


# --- going out --------------------------------------------------------------------------------


def to_json(view: ConfigurationView) -> Json:
    """Return a configuration as it goes out; its keys are empty."""
    told: Json = {"autoIdForSecurityObject": view.discover, "toDelete": list(view.delete)}
    if view.content_format is not None:
        told["contentFormat"] = ContentFormat(view.content_format).name
    values = {Path.parse(path): value for path, value in view.values.items()}
    for section, (number, fields) in _OBJECTS.items():
        below = {path: value for path, value in values.items() if path.object_id == number}
        names = sorted({path.parts[1] for path in below})
        told[section] = {str(one): _shown(Path(number, one), below, fields) for one in names}
    for own in view.own:
        told["security"][str(own.instance)] = {"uri": own.uri, "serverId": own.short_server_id}
    for path in map(Path.parse, view.keys):
        section, secret = ("oscore", "oscoreMasterSecret") if path.object_id else _SECRET
        told[section].setdefault(str(path.instance_id), {})[secret] = []
    return told


_SECRET: Final = ("security", "secretKey")


def _shown(place: Path, values: Mapping[Path, Any], fields: Mapping[str, _Field]) -> Json:
    told: Json = {}
    for name, field in fields.items():
        path = place.child(field.resource)
        several = {str(at.parts[-1]): one for at, one in values.items() if _is_part(at, path)}
        if path in values:
            told[name] = field.show(values[path])
        elif several:
            told[name] = several
    return told


def _is_part(at: Path, of: Path) -> bool:
    return len(at.parts) == 4 and of.contains(at)
