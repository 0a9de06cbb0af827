"""Rows and dataclasses: nothing of SQL goes further than this."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from objects.hardware import HardwareReport
from objects.path import Path

from ..protocol.deployment import DeploymentRequest, Via
from ..protocol.events import Event, EventKind
from ..protocol.firmware_state import FirmwareDeployment
from ..protocol.identity import NOSEC, Identity
from ..protocol.module_state import ModuleDeployment
from ..protocol.registration import Registration
from ..service.records import DeploymentRecord, DeviceRecord, ImageRecord
from ..service.views import ActiveModel, BuildState, BuildView, SelfTestView
from .documents import document, restored

Row = dict[str, Any]

_MACHINES = {Via.MODULE: ModuleDeployment, Via.FIRMWARE: FirmwareDeployment}


def registration_row(registration: Registration) -> Row:
    """Return the row of a registration."""
    row = _flat(registration)
    row["objects"] = [str(path) for path in registration.objects]
    row["content_formats"] = list(registration.content_formats)
    row["parameters"] = [list(pair) for pair in registration.parameters]
    row["identity"] = None if registration.identity == NOSEC else document(registration.identity)
    return row


def registration_of(row: Mapping[str, Any]) -> Registration:
    """Return the registration of a row."""
    given = dict(row)
    given["objects"] = tuple(Path.parse(path) for path in given["objects"])
    given["content_formats"] = tuple(given["content_formats"])
    given["parameters"] = tuple((name, value) for name, value in given["parameters"])
    given["identity"] = _optional(Identity, given["identity"]) or NOSEC
    return Registration(**given)


def device_row(device: DeviceRecord) -> Row:
    """Return the row of an endpoint."""
    row = _flat(device)
    row["hardware"] = document(device.hardware)
    row["active_model"] = document(device.active_model)
    return row


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


def event_row(event: Event) -> Row:
    """Return the row of an event."""
    return _flat(event) | {"kind": event.kind.value}


def event_of(row: Mapping[str, Any]) -> Event:
    """Return the event of a row."""
    return Event(**{**row, "kind": EventKind(row["kind"])})


def _flat(value: Any) -> Row:
    return {one.name: getattr(value, one.name) for one in fields(value)}


def _optional(kind: type[Any], data: Mapping[str, Any] | None) -> Any:
    return None if data is None else restored(kind, data)
