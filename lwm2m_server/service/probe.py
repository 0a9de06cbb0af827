"""Reading what a device is and what its slots hold, in as few requests as it takes."""

from dataclasses import dataclass
from typing import Final

from objects import device, firmware_update, hardware, model_slot
from objects.errors import ObjectsError
from objects.hardware import HardwareReport
from objects.path import Path
from objects.tree import Object, ObjectInstance

from ..protocol.inputs import FirmwareStatus, SlotStatus
from ..protocol.registration import EndpointName, Registration
from .errors import OperationRefused, UnreadableAnswer
from .gateway import Gateway

_DEVICE: Final = Path(device.OBJECT_ID, 0)
_HARDWARE: Final = Path(hardware.OBJECT_ID, 0)
_SLOTS: Final = Path(model_slot.OBJECT_ID)
_FIRMWARE: Final = Path(firmware_update.OBJECT_ID, 0)
_COAP: Final = firmware_update.ProtocolSupport.COAP


@dataclass(frozen=True, slots=True)
class Delivered:
    """How firmware gets to a device: whether by push, and by which URI schemes it can pull."""

    push: bool
    schemes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Probed:
    """What was read of a device: its hardware, and State and Result of its slots."""

    hardware: HardwareReport
    slots: tuple[SlotStatus, ...]


async def probe(gateway: Gateway, endpoint: EndpointName) -> Probed:
    """Read Objects 3, 26241 and 26242, as far as the endpoint registered them.

    Raises `NotRegistered` and `EndpointUnreachable`; an object that the endpoint
    refuses or answers in a way nobody can read counts as not offered.
    """
    registration = gateway.registration(endpoint)
    about = await _instance(gateway, registration, _DEVICE)
    told = await _instance(gateway, registration, _HARDWARE)
    slots = await _object(gateway, registration, _SLOTS)
    report = HardwareReport.of(about, told, slots)
    instances = slots.instances if slots else ()
    return Probed(report, tuple(slot_status(instance) for instance in instances))


async def read_slot(gateway: Gateway, endpoint: EndpointName, slot: int) -> SlotStatus:
    """Read one slot; raises as `Gateway.read` does."""
    path = _SLOTS.child(slot)
    node = await gateway.read(endpoint, path)
    if not isinstance(node, ObjectInstance):
        raise UnreadableAnswer(path, "it is no object instance")
    return slot_status(node)


async def read_firmware(gateway: Gateway, endpoint: EndpointName) -> FirmwareStatus:
    """Read Object 5 and what tells which program runs; raises as `Gateway.read` does."""
    registration = gateway.registration(endpoint)
    node = await gateway.read(endpoint, _FIRMWARE)
    if not isinstance(node, ObjectInstance):
        raise UnreadableAnswer(_FIRMWARE, "it is no object instance")
    about = await _instance(gateway, registration, _DEVICE)
    told = await _instance(gateway, registration, _HARDWARE)
    return firmware_status(node, HardwareReport.of(about, told))


def offers_firmware(registration: Registration) -> bool:
    """Whether the endpoint registered Object 5."""
    return _offers(registration, _FIRMWARE)


async def delivery_methods(gateway: Gateway, endpoint: EndpointName) -> Delivered:
    """Return how firmware can be delivered (5/0/9), and pulled (5/0/8)."""
    node = await gateway.read(endpoint, _FIRMWARE)
    if not isinstance(node, ObjectInstance):
        return Delivered(push=True, schemes=frozenset())
    method = node.value(firmware_update.Resource.DELIVERY_METHOD, int)
    push = method != firmware_update.DeliveryMethod.PULL
    if method in {None, firmware_update.DeliveryMethod.PUSH}:
        return Delivered(push, frozenset())
    # Absent, it means CoAP, "the default setting"; HTTP and what we do not know is no use.
    protocols = node.values(firmware_update.Resource.PROTOCOL_SUPPORT, int) or (_COAP,)
    known = firmware_update.COAP_SCHEMES
    return Delivered(push, frozenset(known[one] for one in protocols if one in known))


def slot_status(instance: ObjectInstance) -> SlotStatus:
    """Return State, Result and image hash of an instance of Object 26242.

    A State that is not told, or is none of the object's, counts as empty.
    """
    size = instance.value(model_slot.Resource.SLOT_SIZE, int)
    state = instance.value(model_slot.Resource.STATE, int)
    result = instance.value(model_slot.Resource.RESULT, int)
    return SlotStatus(
        instance=instance.id,
        state=_state(state),
        result=_result(result),
        image_hash=instance.value(model_slot.Resource.IMAGE_SHA256, bytes) or None,
        writable=size is None or size > 0,
    )


def firmware_status(instance: ObjectInstance, report: HardwareReport) -> FirmwareStatus:
    """Return what Object 5 says, with 3/0/3 and 26241/10."""
    state = instance.value(firmware_update.Resource.STATE, int)
    result = instance.value(firmware_update.Resource.UPDATE_RESULT, int)
    try:
        return FirmwareStatus(
            state=firmware_update.State(state or 0),
            result=firmware_update.UpdateResult(result or 0),
            pkg_version=instance.value(firmware_update.Resource.PKG_VERSION, str) or None,
            firmware_version=report.firmware_version,
            image_hash=report.firmware_image_hash or None,
        )
    except ValueError as error:
        raise UnreadableAnswer(_FIRMWARE, str(error)) from error


def _state(number: int | None) -> model_slot.State:
    try:
        return model_slot.State(number or 0)
    except ValueError as error:
        raise UnreadableAnswer(_SLOTS, str(error)) from error


def _result(number: int | None) -> model_slot.Result:
    try:
        return model_slot.Result(number or 0)
    except ValueError as error:
        raise UnreadableAnswer(_SLOTS, str(error)) from error


def _offers(registration: Registration, path: Path) -> bool:
    return any(path.contains(one) or one.contains(path) for one in registration.objects)


async def _instance(
    gateway: Gateway, registration: Registration, path: Path
) -> ObjectInstance | None:
    node = await _if_offered(gateway, registration, path)
    return node if isinstance(node, ObjectInstance) else None


async def _object(gateway: Gateway, registration: Registration, path: Path) -> Object | None:
    node = await _if_offered(gateway, registration, path)
    return node if isinstance(node, Object) else None


async def _if_offered(gateway: Gateway, registration: Registration, path: Path) -> object:
    if not _offers(registration, path):
        return None
    try:
        return await gateway.read(registration.endpoint, path)
    except (OperationRefused, UnreadableAnswer, ObjectsError):
        return None
