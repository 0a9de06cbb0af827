"""Rows and dataclasses: nothing of SQL goes further than this."""

from collections.abc import Iterator, Mapping, Sequence
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
from .documents import SharedJson, document, json_text, restored

Row = dict[str, Any]
Plain = tuple[Any, ...]
"""A row by the order of columns, documents as JSON text."""

# Lists of objects that registrations of devices that are alike share.
_REMEMBERED: Final = 256

# A registration is a list, in the order of its fields: their names would be half of it.
_ENDPOINT: Final = Registration._fields.index("endpoint")
_OBJECTS: Final = Registration._fields.index("objects")
_IDENTITY: Final = Registration._fields.index("identity")

_OPERATIONS: Final[Mapping[str, type[Any]]] = {one.__name__: one for one in get_args(Operation)}
# What tells which operation a document is; no operation has a field of that name.
_KIND: Final = "kind"

_MACHINES = {Via.MODULE: ModuleDeployment, Via.FIRMWARE: FirmwareDeployment}


def registration_row(registration: Registration) -> Plain:
    """Return the row of a registration, in the order of the table's columns."""
    told: list[Any] = list(registration)
    told[_OBJECTS] = _paths.part(told[_OBJECTS])
    identity = told[_IDENTITY]
    told[_IDENTITY] = None if identity is NOSEC or identity == NOSEC else document(identity)
    return told[_ENDPOINT], json_text(told)


def registration_of(row: Mapping[str, Any]) -> Registration:
    """Return the registration of a row."""
    told = dict(zip(Registration._fields, row["registration"], strict=False))
    told["objects"] = _objects(tuple(told["objects"]))
    told["content_formats"] = tuple(told["content_formats"])
    told["parameters"] = tuple((name, value) for name, value in told["parameters"])
    told["identity"] = _optional(Identity, told["identity"]) or NOSEC
    told["versions"] = tuple((number, text) for number, text in told["versions"])
    return Registration(**told)


@lru_cache(maxsize=_REMEMBERED)
def _objects(paths: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(Path.parse(path) for path in paths)


def observed_row(endpoint: EndpointName, observed: Sequence[ObservedTarget]) -> Plain:
    """Return the row of what operators observe of an endpoint, in the order of the columns."""
    return endpoint, json_text([_observed_document(one) for one in observed])


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
        None if device.hardware is None else json_text(document(device.hardware)),
        device.hardware_read_at,
        device.board,
        None if device.active_model is None else json_text(document(device.active_model)),
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
        json_text([{_KIND: type(done).__name__, **document(done)} for done in one.operations]),
        one.created_at,
        one.expires_at,
        one.attempts,
        one.finished_at,
        None if one.response is None else json_text(document(one.response)),
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


def events_row(events: Sequence[Event]) -> Plain:
    """Return the row of events that are written together, in the order of the table's columns."""
    return events[-1].id, json_text([tuple(event) for event in events])


def events_of(row: Mapping[str, Any]) -> Iterator[Event]:
    """Return the events of a row."""
    return (Event(EventKind(kind), *others) for kind, *others in row["events"])


def _flat(value: Any) -> Row:
    return {one.name: getattr(value, one.name) for one in fields(value)}


def _optional(kind: type[Any], data: Mapping[str, Any] | None) -> Any:
    return None if data is None else restored(kind, data)


_paths: Final = SharedJson(lambda paths: json_text([str(path) for path in paths]))
