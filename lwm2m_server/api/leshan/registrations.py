"""Registrations in the JSON of Leshan's demo; its times are milliseconds since the epoch."""

from collections.abc import Iterator
from typing import Any, Final

from objects.link_format import Link

from ...protocol.identity import SecurityMode
from ...protocol.registration import Registration
from ...service.services import Services
from . import links

# DTLS or TLS; OSCORE protects otherwise, and does not count there.
_SECURE: Final = frozenset({SecurityMode.PSK, SecurityMode.RPK, SecurityMode.X509})


def shown(services: Services, registration: Registration) -> dict[str, Any]:
    """Return a registration as it goes out now."""
    return to_json(registration, awake=services.presence.awake(registration))


def shown_update(services: Services, registration: Registration) -> dict[str, Any]:
    """Return what is told now of an Update that led to `registration`."""
    return update_to_json(registration, awake=services.presence.awake(registration))


def to_json(registration: Registration, *, awake: bool = True) -> dict[str, Any]:
    """Return a registration as it goes out; `awake` is told of queue mode alone."""
    told = {
        "endpoint": registration.endpoint,
        "registrationId": registration.id,
        "registrationDate": _milliseconds(registration.registered_at),
        "lastUpdate": _milliseconds(registration.updated_at),
        "address": _address(registration.address),
        "smsNumber": registration.sms_number,
        "lwM2mVersion": registration.lwm2m_version,
        "lifetime": registration.lifetime,
        "bindingMode": registration.binding,
        "rootPath": _root(registration.root),
        "objectLinks": links.to_json(_links(registration)),
        "secure": registration.identity.mode in _SECURE,
        "additionalRegistrationAttributes": dict(registration.parameters),
        "queuemode": registration.queue_mode,
        "availableInstances": _instances(registration),
        "sleeping": not awake if registration.queue_mode else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def update_to_json(registration: Registration, *, awake: bool = True) -> dict[str, Any]:
    """Return what is told of an Update: the registration after it, and what the Update may move."""
    after = to_json(registration, awake=awake)
    moved = ("registrationId", "address", "smsNumber", "lifetime", "objectLinks", "secure")
    update = {name: after[name] for name in moved if name in after}
    update["alternatePath"] = after["rootPath"]
    update["additionalAttributes"] = after["additionalRegistrationAttributes"]
    return {"registration": after, "update": update}


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _address(address: str) -> str:
    """Return host and port of `coap://192.0.2.7:56830?local=192.0.2.1`."""
    return address.partition("://")[2].partition("?")[0]


def _root(root: str) -> str:
    return root if root.endswith("/") else f"{root}/"


def _links(registration: Registration) -> Iterator[Link]:
    """Yield the links of the Register, as far as they are kept."""
    if registration.root != "/" or registration.content_formats:
        formats = " ".join(map(str, registration.content_formats))
        told = (("rt", "oma.lwm2m"), ("ct", formats)) if formats else (("rt", "oma.lwm2m"),)
        yield Link(registration.root, told)
    below, untold = registration.root.rstrip("/"), dict(registration.versions)
    for path in registration.objects:
        version = untold.pop(path.parts[0], None)
        yield Link(f"{below}{path}", () if version is None else (("ver", version),))


def _instances(registration: Registration) -> dict[str, list[int]]:
    found = dict[str, list[int]]()
    for path in registration.objects:
        if len(path.parts) == 2:
            found.setdefault(str(path.parts[0]), []).append(path.parts[1])
    return found
