"""What a server can read: the objects of a device, made from what the device is.

Built anew for each Read; nothing is kept twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from objects import firmware_update, hardware, model_slot
from objects.attributes import NotificationAttributes
from objects.link_format import Link
from objects.path import Path
from objects.tree import Node, Object, ObjectInstance, Resource
from objects.value import Value

from ..board import Board, ImagePlace
from ..errors import Refused
from ..machine import Running
from ..memory import Memory
from ..table import ABI
from . import portfolio
from .attributes import NONE, Attributes
from .model_slot import BUILT_IN

NOT_FOUND = 0x84
METHOD_NOT_ALLOWED = 0x85

SERVER = 1
DEVICE = 3
TEMPERATURE = 3303
OPERATING_SYSTEM = "TinyMLaaS simulator"
COST_UNIT = "instructions"
_BINDING = "U"  # from LwM2M 1.1 on queue mode is told by Q at Register, not here

# What a Discover names besides what can be read: written or executed only.
UNREADABLE: Final[Mapping[int, frozenset[int]]] = {
    SERVER: frozenset({8, 9}),
    DEVICE: frozenset({4, 12}),
    firmware_update.OBJECT_ID: frozenset(
        {
            firmware_update.Resource.PACKAGE,
            firmware_update.Resource.UPDATE,
            firmware_update.Resource.CANCEL,
        }
    ),
    hardware.OBJECT_ID: frozenset(),
    portfolio.OBJECT_ID: frozenset(),
    TEMPERATURE: frozenset(),
    model_slot.OBJECT_ID: frozenset(
        {
            model_slot.Resource.PACKAGE,
            model_slot.Resource.ACTIVATE,
            model_slot.Resource.INPUT,
            model_slot.Resource.RUN,
        }
    ),
}


@dataclass(frozen=True, slots=True)
class LastRun:
    """What is known of a model's runs since it was loaded; RAM in bytes."""

    output: bytes
    instructions: int
    peak_ram: int
    runs: int


@dataclass(frozen=True, slots=True)
class View:
    """All that the objects are made from; `lifetime` in seconds.

    `portfolio` are identities by instance, `temperatures` all that were measured, the latest
    last, and none where there is no thermometer. `short_server_id` is the server's.
    """

    board: Board
    endpoint: str
    key_hash: bytes
    memory: Memory
    running: Running
    lifetime: int
    runs: Mapping[int, LastRun] = field(default_factory=dict)
    secured: bool = False
    portfolio: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    temperatures: tuple[float, ...] = ()
    default: NotificationAttributes = NONE
    muted: bool = False
    queue_mode: bool = False
    short_server_id: int = 1

    @property
    def instances(self) -> tuple[Path, ...]:
        """The object instances there are, as a Register payload names them."""
        slots = sorted(self.memory.slots.slots)
        single = [SERVER, DEVICE, firmware_update.OBJECT_ID, hardware.OBJECT_ID]
        if self.temperatures:
            single.append(TEMPERATURE)
        return (
            *(Path(object_id, 0) for object_id in single),
            *(Path(model_slot.OBJECT_ID, slot) for slot in slots),
            # An object without instances is told of too: they can be created.
            *([] if self.portfolio else [Path(portfolio.OBJECT_ID)]),
            *(Path(portfolio.OBJECT_ID, number) for number in sorted(self.portfolio)),
        )


def read(view: View, path: Path) -> Node:
    """Return the node at `path`; raises `Refused` with 4.04, or 4.05 for what is not readable."""
    build = _BUILDERS.get(path.object_id if path.object_id is not None else -1)
    if build is None:
        raise Refused(METHOD_NOT_ALLOWED if not path.parts else NOT_FOUND, f"there is no {path}")
    node: Node = build(view)
    for identifier in path.parts[1:]:
        node = _child(node, identifier, path)
    return node


def discover(view: View, path: Path) -> tuple[Path, ...]:
    """Return `path` and all resources and instances below it; raises `Refused` with 4.04."""
    found = [known for known in _every_path(view) if path.contains(known)]
    if path not in found:
        raise Refused(NOT_FOUND, f"there is no {path}")
    return tuple(sorted(found))


def links(view: View, path: Path, attributes: Attributes) -> tuple[Link, ...]:
    """Return `discover`'s paths with their attributes; raises `Refused`.

    OMA LwM2M Core 1.1 §5.4.2: to a resource that is asked for by itself belong those that it
    has from above, to anything else its own. `dim` is how many instances a resource has.
    """
    found = []
    for one in discover(view, path):
        whole = one == path and len(path.parts) == 3
        told = attributes.of(one) if whole else attributes.own(one)
        pairs = [tuple(option.split("=", 1)) for option in told.query()]
        dimension = _dimension(view, one)
        if dimension is not None:
            pairs.insert(0, ("dim", str(dimension)))
        found.append(Link(str(one), tuple((name, value) for name, value in pairs)))
    return tuple(found)


def _dimension(view: View, path: Path) -> int | None:
    if len(path.parts) != 3 or path.parts[2] in UNREADABLE[path.parts[0]]:
        return None
    node = read(view, path)
    is_multiple = isinstance(node, Resource) and isinstance(node.content, tuple)
    return len(_children(node)) if is_multiple else None


def _every_path(view: View) -> set[Path]:
    paths = set[Path]()
    for path in view.instances:
        if len(path.parts) == 1:
            paths.add(path)
            continue
        object_id, instance_id = path.parts
        instance = _BUILDERS[object_id](view).instance(instance_id)
        readable = set() if instance is None else {resource.id for resource in instance.resources}
        paths |= {Path(object_id), path}
        paths |= {path.child(resource) for resource in readable | UNREADABLE[object_id]}
    return paths


def _child(node: Node, identifier: int, path: Path) -> Node:
    if isinstance(node, ObjectInstance) and identifier in UNREADABLE[path.parts[0]]:
        raise Refused(METHOD_NOT_ALLOWED, f"{path} is not readable")
    for child in _children(node):
        if child.id == identifier:
            return child
    raise Refused(NOT_FOUND, f"there is no {path}")


def _children(node: Node) -> Sequence[Node]:
    match node:
        case Object(instances=instances):
            return instances
        case ObjectInstance(resources=resources):
            return resources
        case Resource(content=content) if isinstance(content, tuple):
            return content
        case _:
            return ()


_Values = Mapping[int, Value | Sequence[Value] | None]


def _instance(identifier: int, values: _Values) -> ObjectInstance:
    """Return an instance of what is not None; sequences are multiple resources."""
    resources = [
        Resource.multiple(number, value)
        if isinstance(value, list | tuple)
        else Resource(number, value)  # type: ignore[arg-type] # not a sequence here
        for number, value in values.items()
        if value is not None
    ]
    return ObjectInstance.of(identifier, resources)


def _server(view: View) -> Object:
    values: _Values = {
        0: view.short_server_id,
        1: view.lifetime,
        2: view.default.pmin,
        3: view.default.pmax,
        6: False,
        7: _BINDING,
        23: view.muted,
    }
    return Object(SERVER, (_instance(0, values),))


def _device(view: View) -> Object:
    values: _Values = {
        0: "TinyMLaaS",
        1: view.board.name,
        2: view.endpoint,
        3: view.running.version,
        11: [view.memory.error_code],
        16: _BINDING,
        17: "simulated microcontroller",
    }
    return Object(DEVICE, (_instance(0, values),))


def _portfolio(view: View) -> Object:
    instances = [
        ObjectInstance(number, (Resource.multiple(portfolio.IDENTITY, held),))
        for number, held in sorted(view.portfolio.items())
    ]
    return Object(portfolio.OBJECT_ID, tuple(instances))


def _temperature(view: View) -> Object:
    measured = view.temperatures
    if not measured:
        return Object(TEMPERATURE)
    values: _Values = {
        5601: min(measured),
        5602: max(measured),
        5700: measured[-1],
        5701: "Cel",
    }
    return Object(TEMPERATURE, (_instance(0, values),))


def _firmware_update(view: View) -> Object:
    update, names = view.memory.firmware, firmware_update.Resource
    protocols = [int(firmware_update.ProtocolSupport.COAP)]
    if view.secured:
        protocols.append(int(firmware_update.ProtocolSupport.COAPS))
    values: _Values = {
        names.PACKAGE_URI: update.package_uri,
        names.STATE: int(update.state),
        names.UPDATE_RESULT: int(update.result),
        names.PKG_NAME: update.pkg_name,
        names.PKG_VERSION: update.pkg_version,
        names.PROTOCOL_SUPPORT: protocols,
        names.DELIVERY_METHOD: int(firmware_update.DeliveryMethod.BOTH),
    }
    return Object(firmware_update.OBJECT_ID, (_instance(0, values),))


def _hardware(view: View) -> Object:
    board, names = view.board, hardware.Resource
    values: _Values = {
        names.CORE: board.core,
        names.ISA_FEATURES: list(board.features),
        names.CLOCK: board.clock,
        names.RAM_TOTAL: board.ram.size,
        names.RAM_FOR_MODELS: board.ram_for_models,
        names.FLASH_TOTAL: board.flash.size,
        names.ACCELERATORS: [],
        names.OPERATING_SYSTEM: OPERATING_SYSTEM,
        names.RUNTIME_ABI: ABI,
        names.SIGNING_KEY_HASH: view.key_hash,
        names.FIRMWARE_IMAGE_HASH: view.running.image_hash,
    }
    return Object(hardware.OBJECT_ID, (_instance(0, values),))


def _model_slots(view: View) -> Object:
    slots = sorted(view.memory.slots.slots)
    return Object(model_slot.OBJECT_ID, tuple(_model_slot(view, slot) for slot in slots))


def _model_slot(view: View, instance: int) -> ObjectInstance:
    slot, names = view.memory.slots.slots[instance], model_slot.Resource
    built_in = instance == BUILT_IN
    place: ImagePlace = view.board.app if built_in else view.board.slots[instance - 1]
    content, last = slot.content, view.runs.get(instance)
    values: _Values = {
        names.PACKAGE_URI: slot.package_uri,
        names.STATE: int(slot.state),
        names.RESULT: int(slot.result),
        names.MODEL_NAME: content.model_name if content else "",
        names.MODEL_VERSION: content.version if content else "",
        names.IMAGE_SHA256: content.sha256 if content else None,
        names.LOAD_ADDRESS: place.load.address,
        names.SLOT_SIZE: 0 if built_in else place.load.size,
        names.ARENA_ADDRESS: place.arena.address,
        names.ARENA_SIZE: place.arena.size,
        names.OUTPUT: last.output if last else b"",
        names.LAST_RUN_COST: last.instructions if last else 0,
        names.COST_UNIT: COST_UNIT,
        names.PEAK_RAM: last.peak_ram if last else 0,
        names.RUNS: last.runs if last else 0,
        names.STATE_ADDRESS: place.state.address,
        names.STATE_SIZE: place.state.size,
        names.STACK_SIZE: place.stack.size,
        names.DATA_ADDRESS: place.data,
    }
    return _instance(instance, values)


_BUILDERS: Final[Mapping[int, Callable[[View], Object]]] = {
    SERVER: _server,
    DEVICE: _device,
    firmware_update.OBJECT_ID: _firmware_update,
    hardware.OBJECT_ID: _hardware,
    portfolio.OBJECT_ID: _portfolio,
    TEMPERATURE: _temperature,
    model_slot.OBJECT_ID: _model_slots,
}
