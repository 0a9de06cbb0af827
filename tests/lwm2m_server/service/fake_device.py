"""A device by the book, as far as a server can see: it runs no code, but knows the outputs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from firmware_store.mcuboot import image_hash
from lwm2m_server.protocol.operations import (
    CancelObservation,
    Discover,
    Execute,
    Observe,
    Operation,
    Read,
    Response,
    Write,
)
from objects.codecs import ContentFormat, encode
from objects.path import Path
from objects.registry import Registry
from objects.tree import Object, ObjectInstance, Resource

DEFINITIONS = Registry.standard()
CONTENT, CHANGED = 0x45, 0x44
NOT_ALLOWED = 0x85
VECTORS = tuple((bytes([n] * 4), bytes([n + 1] * 2)) for n in range(3))


@dataclass
class FakeDevice:
    """A device that follows Objects 5 and 26242; runs no code, but knows the right outputs."""

    endpoint: str = "urn:dev:1"
    key_hash: bytes = b""
    version: str = "1.0.0"
    reports_hash: bool = True
    slots: dict[int, dict[str, Any]] = field(default_factory=dict)
    firmware: dict[str, Any] = field(
        default_factory=lambda: {"state": 0, "result": 0, "package": b"", "running": None}
    )
    delivery_method: int = 2
    protocols: tuple[int, ...] = ()
    accepted: int = 0  # Executes of Update and Activate that were taken
    reachable: bool = True
    lose_answers: int = 0
    deaf_to: set[str] = field(default_factory=set)
    mute_on: set[str] = field(default_factory=set)  # where an answer never comes
    wrong_output: bool = False
    damages: bool = False
    pull: Callable[[str], bytes | None] = lambda _uri: None
    log: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)  # the arguments of each Run
    mistakes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in (1, 2):
            self.slots.setdefault(number, {"state": 0, "result": 0, "image": b"", "input": b""})

    # --- what it answers ------------------------------------------------------------------

    def answer(self, operation: Operation) -> Response:
        self.log.append(f"{type(operation).__name__} {operation.path}")
        match operation:
            case Read(path=path):
                return self._read(path)
            case Observe(path=path):
                return self._read(path)
            case Execute(path=path, arguments=arguments):
                return self._execute(path, arguments)
            case Write(path=path, payload=payload):
                return self.write(path, payload)
            case Discover() | CancelObservation():
                return Response(CONTENT, b"</3/0>", ContentFormat.LINK)
            case _:
                return Response(NOT_ALLOWED)

    def _read(self, path: Path) -> Response:
        if path.resource_id == 14 and path.object_id == 26242:
            slot = self.slots.get(path.instance_id or 0) or self.firmware
            return Response(CONTENT, slot.get("output", b""), ContentFormat.OPAQUE)
        if path.resource_id is not None:
            value = self._instance(Path(*path.parts[:2])).resource(path.resource_id)
            assert value is not None
            return self._content(path, value)
        if len(path.parts) == 1 and path.object_id == 26242:
            return self._content(path, Object(26242, tuple(self._slot(n) for n in self._numbers())))
        return self._content(path, self._instance(path))

    def _content(self, path: Path, node: Any) -> Response:
        payload = encode(ContentFormat.SENML_CBOR, path, node, DEFINITIONS)
        return Response(CONTENT, payload, ContentFormat.SENML_CBOR)

    def _numbers(self) -> list[int]:
        return ([0] if self.firmware["running"] else []) + sorted(self.slots)

    def _instance(self, path: Path) -> ObjectInstance:
        if path.object_id == 26242:
            return self._slot(path.instance_id or 0)
        values: dict[int, Any] = {
            3: {0: "TinyMLaaS", 1: "sim-m4", 3: self.version},
            5: {
                3: self.firmware["state"],
                5: self.firmware["result"],
                9: self.delivery_method,
            },
            26241: {
                0: "cortex-m4",
                3: 262144,
                5: 1048576,
                8: 1,
                9: self.key_hash,
            },
        }[path.object_id or 0]
        resources = [Resource(number, value) for number, value in values.items()]
        if path.object_id == 5 and self.protocols:
            resources.append(Resource.multiple(8, self.protocols))
        if path.object_id == 26241:
            resources.append(Resource.multiple(1, ["dsp", "fpv4-sp"]))
            if self.reports_hash and self.firmware["running"]:
                resources.append(Resource(10, image_hash(self.firmware["running"])))
        return ObjectInstance.of(path.instance_id or 0, resources)

    def _slot(self, number: int) -> ObjectInstance:
        if number == 0:
            values = {3: 3, 4: 0, 8: 0x8000, 9: 0, 10: 0x20010000, 11: 0x20000}
            values |= {15: 777, 16: "instructions", 17: 99, 19: 0x20032000, 20: 0x1000, 21: 0x2000}
            return ObjectInstance.of(0, [Resource(one, value) for one, value in values.items()])
        slot = self.slots[number]
        values = {
            3: slot["state"],
            4: slot["result"],
            8: 0xA8000 + (number - 1) * 0x28000,
            9: 0x28000,
            10: 0x20010000,
            11: 0x20000,
            15: 1234,
            16: "instructions",
            17: 5678,
            19: 0x20030000 + (number - 1) * 0x1000,
            20: 0x1000,
            21: 0x2000,
        }
        if slot["image"] and slot["state"] >= 2:
            values[7] = image_hash(slot["image"])
        return ObjectInstance.of(number, [Resource(one, value) for one, value in values.items()])

    # --- what it does ---------------------------------------------------------------------

    def write(self, path: Path, payload: bytes) -> Response:
        if path.object_id == 26242 and path.resource_id == 12:
            (self.slots.get(path.instance_id or 0) or self.firmware)["input"] = payload
            return Response(CHANGED)
        if path.object_id == 26242:
            slot = self.slots[path.instance_id or 0]
            if slot["state"] == 3:
                return Response(NOT_ALLOWED)
            return self._take(slot, path.resource_id or 0, payload, verified=2)
        if path.object_id == 5 and self.firmware["state"] == 3:
            return Response(NOT_ALLOWED)
        return self._take(self.firmware, path.resource_id or 0, payload, verified=2)

    def _take(
        self, place: dict[str, Any], resource: int, payload: bytes, verified: int
    ) -> Response:
        key = "image" if place is not self.firmware else "package"
        if payload in {b"", b"\0"}:
            place.update(state=0, result=0)
            place[key] = b""
            return Response(CHANGED)
        if place["state"] == 2:
            return Response(NOT_ALLOWED)
        image = self.pull(payload.decode()) if resource == 1 else payload
        if image is None:
            place.update(state=0, result=7)
        elif self.damages:
            place.update(state=0, result=5)
        else:
            place.update(state=verified, result=0)
            place[key] = image
        return Response(CHANGED)

    def _execute(self, path: Path, arguments: str) -> Response:
        if path.object_id == 26242 and path.resource_id == 13:
            self.runs.append(arguments)
            slot = self.slots.get(path.instance_id or 0) or self.firmware
            given = dict(VECTORS).get(slot["input"], b"")
            slot["output"] = b"??" if self.wrong_output else given
            return Response(CHANGED)
        if path.object_id == 26242:
            return self._activate(path.instance_id or 0)
        if self.firmware["state"] != 2:
            self.mistakes.append("Update executed in another state than Downloaded")
            return Response(NOT_ALLOWED)
        self.accepted += 1
        self.firmware["state"] = 3
        return Response(CHANGED)

    def _activate(self, number: int) -> Response:
        if self.slots[number]["state"] != 2:
            self.mistakes.append("Activate in another state than Verified")
            return Response(NOT_ALLOWED)
        self.accepted += 1
        for slot in self.slots.values():
            if slot["state"] == 3:
                slot["state"] = 2
        self.slots[number]["state"] = 3
        return Response(CHANGED)

    def reboot(self, *, version: str | None = None) -> None:
        """Start what was downloaded; the Register is the caller's."""
        self.firmware.update(running=self.firmware["package"], state=0, result=1, package=b"")
        self.version = version or self.version
