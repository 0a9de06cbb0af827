"""What a bootstrap configuration has to keep to, so that no client is left without a server.

Each rule is a function that raises `InvalidConfiguration`; none names a key.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from objects.codecs import ContentFormat, encode
from objects.errors import ObjectsError
from objects.path import Path
from objects.registry import Registry as Definitions
from objects.server import OBJECT_ID as SERVER
from objects.server import Resource as ServerResource
from objects.tree import ObjectInstance

from .bootstrap_configuration import (
    ACCESS_CONTROL,
    OSCORE,
    Configuration,
    is_bootstrap_account,
    oscore_link,
)
from .credentials import LONGEST_IDENTITY, LONGEST_KEY, SHORTEST_KEY
from .errors import InvalidConfiguration
from .identity import SecurityMode
from .security_object import EST, MODES, SecurityResource
from .security_object import OBJECT_ID as SECURITY

WRITABLE: Final = (
    ContentFormat.TLV,
    ContentFormat.SENML_CBOR,
    ContentFormat.SENML_JSON,
    ContentFormat.LWM2M_CBOR,
    ContentFormat.JSON,
    ContentFormat.OLD_TLV,
    ContentFormat.OLD_JSON,
)
"""The content formats that carry an object instance."""

MOST_INSTANCES: Final = 64
LARGEST: Final = 64 * 1024
_LONGEST_URI: Final = 255  # Object 0, resource 0
_LARGEST_SHORT_SERVER_ID: Final = 65534
_URI: Final = re.compile(
    r"(coaps?(?:\+tcp)?)://(?:\[[0-9a-fA-F:.]+\]|[^\s/?#\[\]@:{}]+)(?::(\d{1,5}))?(?:/\S*)?"
)
_HIGHEST_PORT: Final = 65535
_BINDING: Final = re.compile(r"[UMHTSNQ]{1,8}")
_NOSEC: Final = MODES[SecurityMode.NOSEC]


def check(configuration: Configuration, definitions: Definitions) -> None:
    """Raise `InvalidConfiguration` for what would not work, or would lock an endpoint out."""
    for rule in _RULES:
        rule(configuration)
    _check_encodable(configuration, definitions)


def _check_paths(told: Configuration) -> None:
    """Each instance has a place of its own."""
    count = len(told.instances) + len(told.own)
    if count > MOST_INSTANCES:
        raise InvalidConfiguration(f"{count} instances; at most {MOST_INSTANCES} are written")
    if len(told.delete) + len(told.read) > MOST_INSTANCES:
        raise InvalidConfiguration(f"at most {MOST_INSTANCES} paths are deleted or read")
    places = [path for path, _ in told.instances] + [
        Path(SECURITY, one.instance) for one in told.own
    ]
    if twice := [str(path) for path, times in Counter(places).items() if times > 1]:
        raise InvalidConfiguration(f"{', '.join(twice)}: an instance is written once")
    for path in places:
        if len(path.parts) != 2:
            raise InvalidConfiguration(f"{path}: object instances are written, as /1/0")
    for path, instance in told.instances:
        if path.instance_id != instance.id:
            raise InvalidConfiguration(f"{path} holds instance {instance.id}")


def _check_others(told: Configuration) -> None:
    """Objects and instances are deleted; of Objects 1 and 2 alone anything is read."""
    for path in told.delete:
        if len(path.parts) > 2:
            raise InvalidConfiguration(f"{path}: objects and their instances are deleted")
    for path in told.read:
        if path.object_id not in {SERVER, ACCESS_CONTROL} or len(path.parts) > 2:
            raise InvalidConfiguration(
                f"{path}: Bootstrap-Read is for Objects 1 and 2 and their instances (§6.1.7)"
            )


def _check_format(told: Configuration) -> None:
    if told.content_format is not None and told.content_format not in WRITABLE:
        names = ", ".join(str(int(one)) for one in WRITABLE)
        raise InvalidConfiguration(
            f"content format {told.content_format} cannot carry an instance: {names} can"
        )


def _check_security(told: Configuration) -> None:
    """Each Security instance says where to, and how, and has keys that can be used."""
    bootstrap = [path for path, one in told.instances if is_bootstrap_account(path, one)]
    if len(bootstrap) > 1:
        both = " and ".join(map(str, bootstrap))
        raise InvalidConfiguration(f"{both}: an endpoint has one bootstrap server")
    for account in told.own:
        place = Path(SECURITY, account.instance)
        _check_uri(place, account.uri)
        _check_short_server_id(place, account.short_server_id)
        if not account.uri.startswith("coaps"):
            raise InvalidConfiguration(
                f"{place}: a credential is used by coaps://, not {account.uri}"
            )
    for path, instance in told.instances:
        if path.object_id == SECURITY:
            _check_security_instance(path, instance, told)


def _check_security_instance(path: Path, instance: ObjectInstance, told: Configuration) -> None:
    uri = instance.value(SecurityResource.SERVER_URI, str)
    mode = instance.value(SecurityResource.SECURITY_MODE, int)
    if uri is None or mode not in {*MODES.values(), EST}:
        raise InvalidConfiguration(
            f"{path}: resource 0 (Server URI) and 2 (Security Mode, 0 to {EST}) are mandatory"
        )
    scheme = _check_uri(path, uri)
    if not is_bootstrap_account(path, instance):
        _check_short_server_id(path, instance.value(SecurityResource.SHORT_SERVER_ID, int))
    if (link := oscore_link(instance)) is not None:
        named = Path(link.object_id, link.instance_id)
        if link.object_id != OSCORE or named not in {place for place, _ in told.instances}:
            raise InvalidConfiguration(f"{path}/17 links to {named}: no such instance is written")
    if scheme.startswith("coaps") == (mode == _NOSEC):
        raise InvalidConfiguration(f"{path}: security mode {mode} does not go with {scheme}://")
    _KEYS[mode](path, instance)


def _check_psk(path: Path, instance: ObjectInstance) -> None:
    identity, key = _keys(instance)
    if not 0 < len(identity) <= LONGEST_IDENTITY:
        raise InvalidConfiguration(
            f"{path}/3: a PSK identity is 1 to {LONGEST_IDENTITY} bytes, not {len(identity)}"
        )
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise InvalidConfiguration(
            f"{path}/5: a pre-shared key is {SHORTEST_KEY} to {LONGEST_KEY} bytes, not {len(key)}"
        )


def _check_asymmetric(path: Path, instance: ObjectInstance) -> None:
    if not all(_keys(instance)):
        raise InvalidConfiguration(
            f"{path}: resource 3 (public key or certificate) and 5 (secret key) are mandatory here"
        )


def _check_nothing(path: Path, instance: ObjectInstance) -> None:
    """NoSec has no keys, and with EST the endpoint makes its own."""


_KEYS: Final[dict[int, Callable[[Path, ObjectInstance], None]]] = {
    MODES[SecurityMode.PSK]: _check_psk,
    MODES[SecurityMode.RPK]: _check_asymmetric,
    MODES[SecurityMode.X509]: _check_asymmetric,
    _NOSEC: _check_nothing,
    EST: _check_nothing,
}


def _keys(instance: ObjectInstance) -> tuple[bytes, bytes]:
    public = instance.value(SecurityResource.PUBLIC_KEY_OR_IDENTITY, bytes)
    return public or b"", instance.value(SecurityResource.SECRET_KEY, bytes) or b""


def _check_servers(told: Configuration) -> None:
    """Each Server instance has a short server id of its own, a lifetime and a binding."""
    for path, instance in told.instances:
        if path.object_id != SERVER:
            continue
        _check_short_server_id(path, instance.value(ServerResource.SHORT_SERVER_ID, int))
        lifetime = instance.value(ServerResource.LIFETIME, int)
        if lifetime is None or lifetime <= 0:
            raise InvalidConfiguration(f"{path}/1: a lifetime is a number of seconds above 0")
        binding = instance.value(ServerResource.BINDING, str)
        if binding is None or _BINDING.fullmatch(binding) is None:
            raise InvalidConfiguration(f"{path}/7: a binding is letters of U, M, H, T, S, N and Q")


def _check_consistency(told: Configuration) -> None:
    """§6.1.7: accounts are pairs of a Security and a Server instance of one short server id.

    What the endpoint has is not known but where the whole object is deleted before.
    """
    security, servers = [*_security_ids(told)], [*_server_ids(told)]
    for ids, of in ((security, "Security"), (servers, "Server")):
        if twice := [str(one) for one, times in Counter(ids).items() if times > 1]:
            raise InvalidConfiguration(f"short server id {', '.join(twice)}: of two {of} instances")
    whole = {path.object_id for path in told.delete if len(path.parts) < 2}
    if whole & {None, SECURITY} and (lacking := {*servers} - {*security}):
        raise InvalidConfiguration(f"no Security instance for short server id {min(lacking)}")
    if whole & {None, SERVER} and (lacking := {*security} - {*servers}):
        raise InvalidConfiguration(f"no Server instance for short server id {min(lacking)}")
    if whole & {None, SERVER} and not servers:
        raise InvalidConfiguration("Object 1 is deleted and none of it written: no server is left")


def _security_ids(told: Configuration) -> Iterator[int]:
    yield from (one.short_server_id for one in told.own)
    for path, instance in told.instances:
        if path.object_id == SECURITY and not is_bootstrap_account(path, instance):
            yield from instance.values(SecurityResource.SHORT_SERVER_ID, int)


def _server_ids(told: Configuration) -> Iterator[int]:
    for path, instance in told.instances:
        if path.object_id == SERVER:
            yield from instance.values(ServerResource.SHORT_SERVER_ID, int)


def _check_uri(path: Path, uri: str) -> str:
    form = _URI.fullmatch(uri)
    # RFC 3986 §2: characters of a URI are of US-ASCII.
    if form is None or not uri.isascii() or len(uri) > _LONGEST_URI:
        raise InvalidConfiguration(
            f"{path}/0: a server URI is coap[s][+tcp]://HOST[:PORT] of at most {_LONGEST_URI} bytes"
        )
    if form[2] is not None and not 0 < int(form[2]) <= _HIGHEST_PORT:
        raise InvalidConfiguration(f"{path}/0: port {form[2]} is not 1 to {_HIGHEST_PORT}")
    return form[1]


def _check_short_server_id(path: Path, short_server_id: int | None) -> None:
    if short_server_id is None or not 0 < short_server_id <= _LARGEST_SHORT_SERVER_ID:
        raise InvalidConfiguration(
            f"{path}: a short server id is 1 to {_LARGEST_SHORT_SERVER_ID}, not {short_server_id}"
        )


def _check_encodable(told: Configuration, definitions: Definitions) -> None:
    """Values have the types of their resources, and all together a size that clients take."""
    size = 0
    for path, instance in told.instances:
        try:
            size += len(encode(ContentFormat.TLV, path, instance, definitions))
        except ObjectsError:
            # Its text may show the value, which may be a key.
            raise InvalidConfiguration(f"{path}: a value is not of its resource's type") from None
    if size > LARGEST:
        raise InvalidConfiguration(f"{size} bytes are written; {LARGEST} is the most")


_RULES: Final = (
    _check_paths,
    _check_others,
    _check_format,
    _check_security,
    _check_servers,
    _check_consistency,
)
