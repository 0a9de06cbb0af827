"""model.c and model.h of a planned graph."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..graph import Graph, Operator
from ..ledger import Figures
from ..ops import OPERATORS
from ..ops.call import Argument, Call, CType, ScratchArgument, SizeArgument, TensorArgument
from ..plan import Allocation, Plan, scratch_of
from ..program import Key, Program, Step
from ..state import reset_value, state_offsets, state_size
from .constants import Constant, constants_of, structure_size
from .emitted import Emitted, MemoryRecord, OperatorRecord, TensorRecord
from .emitter import Emitter, plain
from .kernels import kernel_files

Places = Mapping[int, Allocation]
Constants = Mapping[Key, Constant]


_STATE = "int8_t *const kept = state;"
_NO_STATE = "(void)state;"


def emit(program: Program, plan: Plan) -> Emitted:
    """Return the C of a program whose tensors lie as `plan` says; deterministic."""
    graph, steps = program.graph, program.steps
    places = {allocation.tensor: allocation for allocation in plan.allocations}
    constants = constants_of(program)
    inputs = tuple(_record(graph, places, number) for number in graph.inputs)
    outputs = tuple(_record(graph, places, number) for number in graph.outputs)
    return Emitted(
        files={
            "model.c": _model_c(program, places, constants),
            "model.h": _model_h(plan, state_size(graph), inputs, outputs),
            **kernel_files(
                name for call in _calls(steps) for name in (*call.sources, *call.headers)
            ),
        },
        inputs=tuple((tensor.offset, tensor.size) for tensor in inputs),
        outputs=tuple((tensor.offset, tensor.size) for tensor in outputs),
        arena_size=plan.arena_size,
        state_size=state_size(graph),
        operators=tuple(_operator_record(graph, places, step, constants) for step in steps),
        memory=tuple(_memory_record(program, allocation) for allocation in plan.allocations),
        arena_bound=plan.lower_bound,
        model_constants=Figures.of(graph).constants,
    )


def _memory_record(program: Program, allocation: Allocation) -> MemoryRecord:
    number = allocation.tensor
    if number < 0:
        operator = program.steps[scratch_of(number)].operator
        name = f"scratch of {operator.index} {operator.name}"
    else:
        name = plain(program.graph.tensors[number].name)
    return MemoryRecord(name, allocation.offset, allocation.size, allocation.first, allocation.last)


def _calls(steps: Iterable[Step]) -> Iterator[Call]:
    return (call for step in steps for call in step.lowered.calls)


def _model_h(
    plan: Plan, state: int, inputs: Iterable[TensorRecord], outputs: Iterable[TensorRecord]
) -> str:
    c = Emitter()
    c.line("#ifndef TML_MODEL_H")
    c.line("#define TML_MODEL_H")
    c.line()
    c.line("/* Bytes; the bases of arena and state are aligned to 16. */")
    c.line(f"#define TML_ARENA_SIZE {plan.arena_size}")
    c.line(f"#define TML_STATE_SIZE {state}")
    c.line()
    for role, tensors in (("Input", inputs), ("Output", outputs)):
        for tensor in tensors:
            shape = ", ".join(map(str, tensor.shape))
            c.line(f"/* {role} {plain(tensor.name)}: {tensor.type} [{shape}], {tensor.size} B")
            c.line(f" * at {tensor.offset} of the arena. */")
    c.line()
    c.line("/* Both return 0 when they have succeeded. */")
    c.line("int tml_init(void *state);")
    c.line("int tml_run(void *arena, void *state);")
    c.line()
    c.line("#endif")
    return str(c)


def _model_c(program: Program, places: Places, constants: Constants) -> str:
    c, steps, state = Emitter(), program.steps, state_offsets(program.graph)
    c.line('#include "model.h"')
    c.line()
    c.line("#include <stddef.h>")
    c.line("#include <stdint.h>")
    headers = {name for call in _calls(steps) for name in call.headers}
    for header in sorted(headers | ({"<string.h>"} if state else set())):
        c.line(f"#include {header}" if header.startswith("<") else f'#include "{header}"')
    for step in steps:
        _emit_constants(c, step, constants)
    for number, step in enumerate(steps):
        c.line()
        _emit_step(c, _Place(program.graph, places, state, constants, number, step))
    c.line()
    with c.function("int tml_init(void *state)"):
        c.line(_STATE if state else _NO_STATE)
        for number, offset in state.items():
            tensor = program.graph.tensors[number]
            c.line(f"memset(kept + {offset}, {reset_value(tensor)}, {tensor.size});")
        c.line("return 0;")
    c.line()
    with c.function("int tml_run(void *arena, void *state)"):
        c.line("int8_t *const base = arena;")
        c.line(_STATE)
        c.line("(void)base;")
        c.line("(void)kept;")
        for step in steps:
            c.line(f"{step.function}(base, kept);")
        c.line("return 0;")
    return str(c)


def _emit_constants(c: Emitter, step: Step, constants: Constants) -> None:
    for constant in constants.values():
        if constant.owner == step.operator.index:
            c.line()
            c.array(f"static const {constant.type} {constant.symbol}", constant.values)
    for order, call in enumerate(step.lowered.calls):
        if call.structure:
            c.line()
            head = f"static const struct {call.structure} {step.parameters(order)}"
            c.structure(head, call.parameters)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a step's arguments are."""

    graph: Graph
    places: Places
    state: Mapping[int, int]
    constants: Constants
    number: int
    step: Step

    def of(self, argument: Argument) -> str:
        """Return an argument as C."""
        constant = self.constants.get(self.step.key(argument))
        match argument:
            case SizeArgument(value):
                return str(value)
            case ScratchArgument(type_, offset):
                place = self.places[scratch_of(self.number)]
                return self._at("base", place.offset + offset, type_)
            case TensorArgument(tensor=int(tensor)) if constant is None:
                return self._tensor(tensor, argument)
        if constant is None:
            return "NULL"
        offset = argument.offset if isinstance(argument, TensorArgument) else 0
        elements = offset // constant.type.dtype.itemsize
        return f"{constant.symbol} + {elements}" if elements else constant.symbol

    def _tensor(self, tensor: int, argument: TensorArgument) -> str:
        storage, within = self.graph.place(tensor)
        within += argument.offset
        if storage in self.state:
            return self._at("kept", self.state[storage] + within, argument.type)
        return self._at("base", self.places[storage].offset + within, argument.type)

    @staticmethod
    def _at(start: str, offset: int, type_: CType) -> str:
        place = f"{start} + {offset}"
        return place if type_ is CType.INT8 else f"({type_} *)(void *)({place})"


def _emit_step(c: Emitter, place: _Place) -> None:
    """Add the function that computes one operator: its code is told apart by its symbol."""
    step = place.step
    c.line(f"/* {_title(place.graph, step.operator)} */")
    prototype = f"static void {step.function}(int8_t *base, int8_t *kept)"
    c.line(f"__attribute__((noinline)) {prototype};")
    with c.function(prototype):
        c.line("(void)base;")
        c.line("(void)kept;")
        for order, call in enumerate(step.lowered.calls):
            _emit_call(c, place, order, call)


def _emit_call(c: Emitter, place: _Place, order: int, call: Call) -> None:
    arguments = [f"&{place.step.parameters(order)}"] if call.structure else []
    c.call(call.function, arguments + [place.of(argument) for argument in call.arguments])


def _title(graph: Graph, operator: Operator) -> str:
    number = operator.inputs[0]
    source = "" if number is None else f"{graph.tensors[number]} to "
    return f"{operator.index} {operator.name}: {source}{graph.output(operator)}"


def _operator_record(
    graph: Graph, places: Places, step: Step, constants: Constants
) -> OperatorRecord:
    operator = step.operator
    own = sum(c.size for c in constants.values() if c.owner == operator.index)
    return OperatorRecord(
        index=operator.index,
        name=operator.name,
        symbol_prefix=step.prefix,
        function=step.function,
        form=step.form,
        kernel=step.lowered.calls[0].function,
        macs=OPERATORS[operator.code].macs(graph, operator),
        constant_bytes=own + sum(structure_size(call.parameters) for call in step.lowered.calls),
        inputs=tuple(
            _record(graph, places, number)
            for number in operator.inputs
            if number is not None and graph.tensors[graph.storage(number)].in_arena
        ),
        outputs=tuple(_record(graph, places, number) for number in operator.outputs),
    )


def _record(graph: Graph, places: Places, number: int) -> TensorRecord:
    tensor = graph.tensors[number]
    storage, within = graph.place(number)
    place = places[storage]
    return TensorRecord(
        name=tensor.name,
        type=tensor.type.name.lower(),
        shape=tensor.shape,
        offset=place.offset + within,
        size=tensor.size,
        first=place.first,
        last=place.last,
    )
