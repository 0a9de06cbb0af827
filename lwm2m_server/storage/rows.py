"""Rows and dataclasses: nothing of SQL goes further than this."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final, get_args

from objects.hardware import HardwareReport
from objects.path import Path

from ..protocol.credentials import Use
from ..protocol.deployment import DeploymentRequest, Via
from ..protocol.events import Event, EventKind
from ..protocol.firmware_state import FirmwareDeployment
from ..protocol.identity import NOSEC, Identity, SecurityMode
from ..protocol.module_state import ModuleDeployment
from ..protocol.operations import Operation, Response
from ..protocol.queued_request import QueuedRequest, RequestState
from ..protocol.registration import EndpointName, Registration
from ..service.records import (
    DeploymentRecord,
    DeviceRecord,
    ImageRecord,
    ObservedTarget,
    SealedCredential,
)
from ..service.views import ActiveModel, BuildState, BuildView, SelfTestView
from .documents import SharedJson, document, restored

Row = dict[str, Any]
Plain = tuple[Any, ...]
"""A row by the order of columns, documents as JSON text."""

# Lists of objects that registrations of devices that are alike share.
_REMEMBERED: Final = 256

_OPERATIONS: Final[Mapping[str, type[Any]]] = {one.__name__: one for one in get_args(Operation)}
# What tells which operation a document is; no operation has a field of that name.
_KIND: Final = "kind"

_MACHINES = {Via.MODULE: ModuleDeployment, Via.FIRMWARE: FirmwareDeployment}


def registration_row(registration: Registration) -> Plain:
    """Return the row of a registration, in the order of the table's columns."""
    one = registration
    return (
        one.id,
        one.endpoint,
        one.address,
        one.lifetime,
        one.lwm2m_version,
        one.binding,
        one.queue_mode,
        _paths.text(one.objects),
        one.registered_at,
        one.updated_at,
        one.expires_at,
        one.root,
        _plain.text(one.content_formats),
        one.sms_number,
        _plain.text(one.parameters),
        None if one.identity is NOSEC or one.identity == NOSEC else _json(document(one.identity)),
        _plain.text(one.versions) if one.versions else None,
    )


def registration_of(row: Mapping[str, Any]) -> Registration:
    """Return the registration of a row."""
    given = dict(row)
    given["objects"] = _objects(tuple(given["objects"]))
    given["content_formats"] = tuple(given["content_formats"])
    given["parameters"] = tuple((name, value) for name, value in given["parameters"])
    given["identity"] = _optional(Identity, given["identity"]) or NOSEC
    given["versions"] = tuple((number, text) for number, text in given["versions"] or ())
    return Registration(**given)


@lru_cache(maxsize=_REMEMBERED)
def _objects(paths: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(Path.parse(path) for path in paths)


def observed_row(endpoint: EndpointName, observed: Sequence[ObservedTarget]) -> Plain:
    """Return the row of what operators observe of an endpoint, in the order of the columns."""
    return endpoint, _json([_observed_document(one) for one in observed])


def observed_of(row: Mapping[str, Any]) -> tuple[ObservedTarget, ...]:
    """Return what operators observe, of a row."""
    return tuple(_observed(one) for one in row["observed"])


def _observed_document(one: ObservedTarget) -> dict[str, Any]:
    """Several paths are a list, though it be of one: that is another observation."""
    target = one.target
    shown = [str(path) for path in target] if isinstance(target, tuple) else str(target)
    return {
        "target": shown,
        "content_format": one.content_format,
        "path_format": one.path_format,
    }


def _observed(one: Mapping[str, Any]) -> ObservedTarget:
    told = one["target"]
    target = Path.parse(told) if isinstance(told, str) else tuple(map(Path.parse, told))
    return ObservedTarget(target, one["content_format"], one["path_format"])


def credential_row(credential: SealedCredential) -> Plain:
    """Return the row of a credential, in the order of the table's columns."""
    one = credential
    return (one.id, one.endpoint, one.mode.value, one.identity, one.sealed, one.use.value)


def credential_of(row: Mapping[str, Any]) -> SealedCredential:
    """Return the credential of a row."""
    given = {"mode": SecurityMode(row["mode"]), "use": Use(row["use"])}
    return SealedCredential(**{**row, **given})


def device_row(device: DeviceRecord) -> Plain:
    """Return the row of an endpoint, in the order of the table's columns."""
    return (
        device.endpoint,
        device.last_seen,
        None if device.hardware is None else _json(document(device.hardware)),
        device.hardware_read_at,
        device.board,
        None if device.active_model is None else _json(document(device.active_model)),
    )


def device_of(row: Mapping[str, Any]) -> DeviceRecord:
    """Return the endpoint of a row."""
    given = dict(row)
    given["hardware"] = _optional(HardwareReport, given["hardware"])
    given["active_model"] = _optional(ActiveModel, given["active_model"])
    return DeviceRecord(**given)


def build_row(build: BuildView) -> Row:
    """Return the row of a build."""
    return _flat(build) | {"state": build.state.value}


def build_of(row: Mapping[str, Any]) -> BuildView:
    """Return the build of a row."""
    return BuildView(**{**row, "state": BuildState(row["state"])})


def deployment_row(deployment: DeploymentRecord) -> Row:
    """Return the row of a deployment."""
    outcome = deployment.machine.outcome
    return {
        "id": deployment.id,
        "endpoint": deployment.request.endpoint,
        "via": deployment.request.via.value,
        "outcome": outcome.value if outcome else None,
        "token": deployment.token,
        "created_at": deployment.created_at,
        "updated_at": deployment.updated_at,
        "finished_at": deployment.finished_at,
        "request": document(deployment.request),
        "machine": document(deployment.machine),
        "image": document(deployment.image),
        "self_test": document(deployment.self_test),
    }


def deployment_of(row: Mapping[str, Any]) -> DeploymentRecord:
    """Return the deployment of a row."""
    return DeploymentRecord(
        id=row["id"],
        request=restored(DeploymentRequest, row["request"]),
        machine=restored(_MACHINES[Via(row["via"])], row["machine"]),
        token=row["token"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        finished_at=row["finished_at"],
        image=_optional(ImageRecord, row["image"]),
        self_test=_optional(SelfTestView, row["self_test"]),
    )


def request_row(request: QueuedRequest) -> Plain:
    """Return the row of a queued request, in the order of the table's columns."""
    one = request
    return (
        one.id,
        one.endpoint,
        one.number,
        one.state.value,
        _json([{_KIND: type(done).__name__, **document(done)} for done in one.operations]),
        one.created_at,
        one.expires_at,
        one.attempts,
        one.finished_at,
        None if one.response is None else _json(document(one.response)),
        one.reason,
        one.root,
    )


def request_of(row: Mapping[str, Any]) -> QueuedRequest:
    """Return the queued request of a row."""
    given = dict(row)
    operations = given["operations"]
    given["operations"] = tuple(restored(_OPERATIONS[one[_KIND]], one) for one in operations)
    given["state"] = RequestState(given["state"])
    given["response"] = _optional(Response, given["response"])
    return QueuedRequest(**given)


def event_row(event: Event) -> Plain:
    """Return the row of an event, in the order of the table's columns."""
    return event.id, event.kind.value, event.at, event.endpoint, _json(event.data)


def event_of(row: Mapping[str, Any]) -> Event:
    """Return the event of a row."""
    return Event(**{**row, "kind": EventKind(row["kind"])})


def _flat(value: Any) -> Row:
    return {one.name: getattr(value, one.name) for one in fields(value)}


def _optional(kind: type[Any], data: Mapping[str, Any] | None) -> Any:
    return None if data is None else restored(kind, data)


_json: Final = json.JSONEncoder().encode
_paths: Final = SharedJson(lambda paths: _json([str(path) for path in paths]))
_plain: Final = SharedJson(_json)
