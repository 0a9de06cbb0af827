"""What a bootstrap server is to make of an endpoint, as a value (OMA LwM2M Core 1.2 §6.1)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from objects.path import Path
from objects.server import OBJECT_ID as SERVER
from objects.tree import ObjectInstance, Resource, ResourceInstance
from objects.value import ObjectLink, Value

from .registration import EndpointName
from .security_object import OBJECT_ID as SECURITY
from .security_object import SecurityResource

ACCESS_CONTROL: Final = 2
OSCORE: Final = 21
MASTER_SECRET: Final = 0
PLACEHOLDER: Final = "{endpoint}"
_SECRETS: Final = frozenset(
    {(SECURITY, SecurityResource.SECRET_KEY), (SECURITY, 8), (OSCORE, MASTER_SECRET)}
)


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """An instance of Object 0 with this server's own credential for the endpoint.

    The credential is handed out as it is when the endpoint comes to be bootstrapped, and
    made then where there is none. `uri` is where the endpoint is to register.
    """

    instance: int
    uri: str
    short_server_id: int = 1


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is written to an endpoint, and what is deleted and read before.

    `instances` are written whole, each at its path `/object/instance`. In their texts, but for
    URIs, and in PSK identities `{endpoint}` stands for the endpoint's name. An instance of
    Object 0 whose Bootstrap-Server is true replaces the bootstrap server's own account,
    wherever the endpoint keeps it; nothing else touches that. `read` are paths of
    Objects 1 and 2 (§6.1.7), told in the event. `discover` asks first where that account is;
    without, instances of Object 0 go where they say. `content_format` comes before
    what the endpoint prefers. Keys go to an unproven peer only `in_clear`, and the server's own
    never do.
    """

    instances: tuple[tuple[Path, ObjectInstance], ...] = field(default=(), repr=False)
    own: tuple[OwnAccount, ...] = ()
    delete: tuple[Path, ...] = (Path(SECURITY), Path(SERVER))
    read: tuple[Path, ...] = ()
    discover: bool = True
    content_format: int | None = None
    in_clear: bool = False

    @property
    def holds_keys(self) -> bool:
        """Whether it gives the endpoint a secret."""
        return bool(self.own) or any(
            value
            for path, instance in self.instances
            for resource in instance.resources
            for value in resource.values
            if is_secret(path.child(resource.id))
        )


def is_secret(path: Path) -> bool:
    """Whether the resource at `path` is a key, which is never shown."""
    return (path.object_id, path.resource_id) in _SECRETS


def is_bootstrap_account(path: Path, instance: ObjectInstance) -> bool:
    """Whether an instance is the account of a bootstrap server."""
    account = instance.value(SecurityResource.BOOTSTRAP_SERVER, bool)
    return path.object_id == SECURITY and account is True


def meant_for(endpoint: EndpointName, configuration: Configuration) -> Configuration:
    """Return `configuration` with the endpoint's name where it belongs."""
    instances = tuple(
        (path, ObjectInstance(one.id, tuple(_named(endpoint, path, one))))
        for path, one in configuration.instances
    )
    return replace(configuration, instances=instances)


def _named(endpoint: EndpointName, path: Path, instance: ObjectInstance) -> Iterator[Resource]:
    mode = instance.value(SecurityResource.SECURITY_MODE, int)
    for resource in instance.resources:
        place = (path.object_id, resource.id)
        if place == (SECURITY, SecurityResource.SERVER_URI):
            yield resource  # a name is no host: it must not choose where the endpoint goes
            continue
        psk = place == (SECURITY, SecurityResource.PUBLIC_KEY_OR_IDENTITY) and mode == 0
        yield _filled(resource, endpoint, opaque=psk)


def _filled(resource: Resource, endpoint: EndpointName, *, opaque: bool) -> Resource:
    def filled(value: Value) -> Value:
        if isinstance(value, str):
            return value.replace(PLACEHOLDER, endpoint)
        if isinstance(value, bytes) and opaque:
            return value.replace(PLACEHOLDER.encode(), endpoint.encode())
        return value

    if isinstance(resource.content, tuple):
        instances = (ResourceInstance(one.id, filled(one.value)) for one in resource.content)
        return Resource(resource.id, tuple(instances))
    return Resource(resource.id, filled(resource.content))


def oscore_link(instance: ObjectInstance) -> ObjectLink | None:
    """Return the instance of Object 21 that a Security instance speaks by."""
    resource = instance.resource(SecurityResource.OSCORE_SECURITY_MODE)
    values = () if resource is None else resource.values
    return next((value for value in values if isinstance(value, ObjectLink)), None)
