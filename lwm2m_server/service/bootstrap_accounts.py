"""Bootstrap configurations as operators write them: accounts, and whatever else by path."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from objects.errors import ObjectsError
from objects.path import Path
from objects.registry import Registry as Definitions
from objects.server import OBJECT_ID as SERVER
from objects.server import Resource as ServerResource
from objects.tree import ObjectInstance, Resource, from_leaves
from objects.value import Value

from ..protocol.bootstrap_configuration import PLACEHOLDER, Configuration, OwnAccount
from ..protocol.identity import SecurityMode
from ..protocol.security_object import MODES, SecurityResource
from ..protocol.security_object import OBJECT_ID as SECURITY
from .errors import InvalidInput
from .values import value_of

_EVERYTHING: Final = (Path(SECURITY), Path(SERVER))


@dataclass(frozen=True, slots=True)
class Account:
    """A server that the endpoint is to register with: an instance of Object 0 and one of 1.

    By `coap://` it is NoSec; by `coaps://` with the pre-shared `key` or, where none is given,
    with this server's own credential for the endpoint. Instances that are not told are
    numbered: those of Object 0 from 1, since 0 is where bootstrap accounts usually are.
    """

    uri: str
    short_server_id: int = 1
    lifetime: int = 86400
    binding: str = "U"
    identity: str | None = None
    key: bytes | None = field(default=None, repr=False)
    security_instance: int | None = None
    server_instance: int | None = None


@dataclass(frozen=True, slots=True)
class NewConfiguration:
    """What an operator gives; `instances` are JSON values by resource id, by instance path."""

    accounts: Sequence[Account] = ()
    instances: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    delete: Sequence[str] = tuple(map(str, _EVERYTHING))
    read: Sequence[str] = ()
    discover: bool = True
    content_format: int | None = None
    in_clear: bool = False


def configured(asked: NewConfiguration, definitions: Definitions) -> Configuration:
    """Return the configuration that is asked for; raises `InvalidInput` or `InvalidPath`."""
    given = tuple(_instances(asked.instances, definitions))
    taken = {path for path, _ in given}
    security, servers = _free(taken, SECURITY, 1), _free(taken, SERVER, 0)
    own, made = list[OwnAccount](), list[tuple[Path, ObjectInstance]]()
    for account in asked.accounts:
        number = account.security_instance
        number = next(security) if number is None else number
        if account.key is None and account.uri.startswith("coaps"):
            if account.identity is not None:
                raise InvalidInput(
                    f"{account.uri}: an identity goes with a key; the server's own has its own"
                )
            own.append(OwnAccount(number, account.uri, account.short_server_id))
        else:
            made.append((Path(SECURITY, number), _security(number, account)))
        number = account.server_instance
        number = next(servers) if number is None else number
        made.append((Path(SERVER, number), _server(number, account)))
    return Configuration(
        # Object 0 first, as the order of paths has it: a Server instance finds its account there.
        instances=tuple(sorted((*made, *given), key=lambda one: one[0])),
        own=tuple(own),
        delete=tuple(map(Path.parse, asked.delete)),
        read=tuple(map(Path.parse, asked.read)),
        discover=asked.discover,
        content_format=asked.content_format,
        in_clear=asked.in_clear,
    )


def _security(number: int, account: Account) -> ObjectInstance:
    """Return the instance of Object 0; raises `InvalidInput`."""
    key = account.key
    mode = SecurityMode.NOSEC if key is None else SecurityMode.PSK
    try:
        identity = b"" if key is None else (account.identity or PLACEHOLDER).encode()
    except UnicodeEncodeError:
        raise InvalidInput("identity: half of a surrogate pair is no text") from None
    values: dict[SecurityResource, Value] = {
        SecurityResource.SERVER_URI: account.uri,
        SecurityResource.BOOTSTRAP_SERVER: False,
        SecurityResource.SECURITY_MODE: MODES[mode],
        SecurityResource.PUBLIC_KEY_OR_IDENTITY: identity,
        SecurityResource.SERVER_PUBLIC_KEY: b"",
        SecurityResource.SECRET_KEY: key or b"",
        SecurityResource.SHORT_SERVER_ID: account.short_server_id,
    }
    return ObjectInstance(number, tuple(Resource(one.value, v) for one, v in values.items()))


def _server(number: int, account: Account) -> ObjectInstance:
    values: dict[ServerResource, Value] = {
        ServerResource.SHORT_SERVER_ID: account.short_server_id,
        ServerResource.LIFETIME: account.lifetime,
        ServerResource.NOTIFICATION_STORING_WHEN_DISABLED_OR_OFFLINE: True,
        ServerResource.BINDING: account.binding,
    }
    return ObjectInstance(number, tuple(Resource(one.value, v) for one, v in values.items()))


def _instances(
    given: Mapping[str, Mapping[str, Any]], definitions: Definitions
) -> Iterator[tuple[Path, ObjectInstance]]:
    for place, resources in given.items():
        path = Path.parse(place)
        if len(path.parts) != 2:
            raise InvalidInput(f"{path}: object instances are written, as /1/0")
        found = list[tuple[Path, Value]]()
        for name, value in resources.items():
            resource = Path.parse(f"{path}/{name}")
            many = isinstance(value, Mapping)
            below = {f"{resource}/{one}": what for one, what in value.items()} if many else {}
            told = below or {str(resource): value}
            found += [
                (at, value_of(at, what, definitions))
                for at, what in ((Path.parse(one), what) for one, what in told.items())
            ]
        try:
            node = from_leaves(path, found)
        except ObjectsError as fault:
            raise InvalidInput(f"{path}: {fault}") from None
        if isinstance(node, ObjectInstance):
            yield path, node


def _free(taken: set[Path], object_id: int, first: int) -> Iterator[int]:
    return (number for number in count(first) if Path(object_id, number) not in taken)
