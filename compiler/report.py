"""What a build tells of itself: plain JSON data, all sizes in bytes; and as text."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .abi import ABI, table_size
from .emit.emitted import Emitted, OperatorRecord, TensorRecord
from .fit import Fit, Need
from .flash import FlashUse
from .ledger import Entry
from .ops import OPERATORS
from .report_text import FORMAT
from .spec import BuildSpec
from .verify import Verification

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a finished build knows; what a report is made of."""

    key: str
    spec: BuildSpec
    toolchain: str
    command: str
    binary: bytes
    emitted: Emitted
    ledger: tuple[Entry, ...]
    flash: FlashUse
    need: Need
    fits: tuple[Fit, ...]
    verification: Verification
    instructions: Mapping[int, int]


def report(facts: Facts) -> Json:
    """Return the report of a build, JSON-able and the same for the same build."""
    target = facts.spec.profile.target
    return {
        "format": FORMAT,
        "build_key": facts.key,
        "abi": ABI,
        "model": {"sha256": _sha256(facts.spec.model), "bytes": len(facts.spec.model)},
        "binary": {"sha256": _sha256(facts.binary), "bytes": len(facts.binary)},
        "target": {
            "name": target.name,
            "core": target.core,
            "features": list(target.features),
        },
        "kind": str(facts.spec.kind),
        "place": asdict(facts.spec.place),
        "objective": str(facts.spec.profile.objective),
        "backend": facts.spec.profile.backend,
        "toolchain": facts.toolchain,
        "command": facts.command,
        "flash": _flash(facts),
        "ram": _ram(facts.need),
        "fit": {"fits": True, "resources": [_fit(fit) for fit in facts.fits]},
        "operators": [_operator(record, facts) for record in facts.emitted.operators],
        "operators_linked": dict(sorted(_linked(facts).items())),
        "operators_left_out": sorted({code.name for code in OPERATORS} - set(_linked(facts))),
        "ledger": [_entry(entry) for entry in facts.ledger],
        "macs": sum(record.macs for record in facts.emitted.operators),
        "memory": {
            "arena": facts.emitted.arena_size,
            "bound": facts.emitted.arena_bound,
            "steps": len(facts.emitted.operators),
            "stretches": [asdict(record) for record in facts.emitted.memory],
        },
        "inputs": _tensors(facts.emitted.inputs),
        "outputs": _tensors(facts.emitted.outputs),
        "verification": _verification(facts.verification, on_host=facts.spec.on_host),
        "instructions_per_inference": facts.verification.instructions,
    }


def _linked(facts: Facts) -> Counter[str]:
    return Counter(record.name for record in facts.emitted.operators)


def _flash(facts: Facts) -> Json:
    use = facts.flash
    constants = sum(record.constant_bytes for record in facts.emitted.operators)
    table = table_size(len(facts.emitted.inputs), len(facts.emitted.outputs))
    return {
        "total": facts.need.image,
        "code": use.total - constants - table,
        "constants": constants,
        "constants_of_model": facts.emitted.model_constants,
        "table": table,
        "image_overhead": facts.spec.image_overhead,
        "by_part": {
            "operators": sum(use.operators.values()),
            "kernels": sum(use.kernels.values()),
            "runtime": sum(use.runtime.values()),
            "calls": use.calls,
            "startup": use.startup,
            "table": use.table,
            "alignment": use.rest,
        },
        "kernels": dict(use.kernels),
        "runtime": dict(use.runtime),
    }


def _ram(need: Need) -> Json:
    return {
        "total": need.ram,
        "arena": need.arena,
        "state": need.state,
        "stack_bound": need.stack,
        "program": need.program_ram,
    }


def _fit(fit: Fit) -> Json:
    return {**asdict(fit), "headroom": fit.headroom}


def _entry(entry: Entry) -> Json:
    return {
        "pass": entry.made_by,
        "saved": asdict(entry.saved),
        "removed": list(entry.removed),
        "changed": list(entry.changed),
    }


def _operator(record: OperatorRecord, facts: Facts) -> Json:
    return {
        "index": record.index,
        "name": record.name,
        "kernel": record.kernel,
        "form": record.form,
        "macs": record.macs,
        "instructions": facts.instructions.get(record.index),
        "flash": facts.flash.operators.get(record.index, 0),
        "constants": record.constant_bytes,
        "inputs": [_tensor(tensor) for tensor in record.inputs],
        "outputs": [_tensor(tensor) for tensor in record.outputs],
    }


def _tensor(tensor: TensorRecord) -> Json:
    return {
        "name": tensor.name,
        "type": tensor.type,
        "shape": list(tensor.shape),
        "arena_offset": tensor.offset,
        "bytes": tensor.size,
        "life": [tensor.first, tensor.last],
    }


def _tensors(places: tuple[tuple[int, int], ...]) -> list[Json]:
    return [{"arena_offset": offset, "bytes": size} for offset, size in places]


_MEASURED = ("instructions", "init_instructions", "boot_instructions", "stack_peak", "arena_peak")


def _verification(verification: Verification, *, on_host: bool) -> Json:
    measured = asdict(verification.measured) if verification.measured else {}
    return {
        "ran": "its C on the host" if on_host else "the machine code",
        "vectors": verification.vectors,
        "undefined": verification.undefined,
        "elements": verification.elements,
        "mismatches": verification.mismatches,
        "largest_ulp": verification.largest_ulp,
        **{name: measured.get(name) for name in _MEASURED},
    }


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
