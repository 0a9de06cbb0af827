"""model.c and model.h of a planned graph."""

import re
from collections.abc import Iterable, Mapping

from ..graph import Graph, Operator
from ..ops import OPERATORS
from ..ops.call import Argument, CType, SizeArgument, TensorArgument
from ..plan import Allocation, Plan
from .constants import Constant, Key, Step, constants_of, structure_size
from .emitted import Emitted, OperatorRecord, TensorRecord
from .emitter import Emitter
from .kernels import kernel_files

Places = Mapping[int, Allocation]
Constants = Mapping[Key, Constant]


def emit(graph: Graph, plan: Plan) -> Emitted:
    """Return the C of a graph whose tensors lie as `plan` says; deterministic.

    The kernels are plain C, the same for every target and objective.
    """
    places = {allocation.tensor: allocation for allocation in plan.allocations}
    steps = tuple(Step(op, OPERATORS[op.code].call(graph, op)) for op in graph.operators)
    constants = constants_of(graph, steps)
    inputs = tuple(_record(graph, places, number) for number in graph.inputs)
    outputs = tuple(_record(graph, places, number) for number in graph.outputs)
    return Emitted(
        files={
            "model.c": _model_c(graph, places, steps, constants),
            "model.h": _model_h(plan, inputs, outputs),
            **kernel_files(name for step in steps for name in step.call.sources),
        },
        inputs=tuple((tensor.offset, tensor.size) for tensor in inputs),
        outputs=tuple((tensor.offset, tensor.size) for tensor in outputs),
        arena_size=plan.arena_size,
        state_size=0,
        operators=tuple(_operator_record(graph, places, step, constants) for step in steps),
    )


def _model_h(plan: Plan, inputs: Iterable[TensorRecord], outputs: Iterable[TensorRecord]) -> str:
    c = Emitter()
    c.line("#ifndef TML_MODEL_H")
    c.line("#define TML_MODEL_H")
    c.line()
    c.line("/* Bytes; the arena's base is aligned to 16. */")
    c.line(f"#define TML_ARENA_SIZE {plan.arena_size}")
    c.line("#define TML_STATE_SIZE 0")
    c.line()
    for role, tensors in (("Input", inputs), ("Output", outputs)):
        for tensor in tensors:
            shape = ", ".join(map(str, tensor.shape))
            c.line(f"/* {role} {_plain(tensor.name)}: {tensor.type} [{shape}], {tensor.size} B")
            c.line(f" * at {tensor.offset} of the arena. */")
    c.line()
    c.line("/* Both return 0 when they have succeeded. */")
    c.line("int tml_init(void *state);")
    c.line("int tml_run(void *arena, void *state);")
    c.line()
    c.line("#endif")
    return str(c)


def _model_c(graph: Graph, places: Places, steps: tuple[Step, ...], constants: Constants) -> str:
    c = Emitter()
    c.line('#include "model.h"')
    c.line()
    c.line("#include <stddef.h>")
    c.line("#include <stdint.h>")
    for header in sorted({name for step in steps for name in step.call.headers}):
        c.line(f"#include {header}" if header.startswith("<") else f'#include "{header}"')
    for step in steps:
        _emit_constants(c, step, constants)
    c.line()
    with c.function("int tml_init(void *state)"):
        c.line("(void)state;")
        c.line("return 0;")
    c.line()
    with c.function("int tml_run(void *arena, void *state)"):
        c.line("int8_t *const base = arena;")
        c.line("(void)base;")
        c.line("(void)state;")
        for step in steps:
            c.line(f"/* {_title(graph, step.operator)} */")
            _emit_call(c, graph, places, step, constants)
        c.line("return 0;")
    return str(c)


def _emit_constants(c: Emitter, step: Step, constants: Constants) -> None:
    for constant in constants.values():
        if constant.owner == step.operator.index:
            c.line()
            c.array(f"static const {constant.type} {constant.symbol}", constant.values)
    if step.call.structure:
        c.line()
        c.structure(
            f"static const struct {step.call.structure} {step.parameters}", step.call.parameters
        )


def _emit_call(c: Emitter, graph: Graph, places: Places, step: Step, constants: Constants) -> None:
    arguments = [f"&{step.parameters}"] if step.call.structure else []
    arguments += [_argument(graph, places, step, a, constants) for a in step.call.arguments]
    c.call(step.call.function, arguments)


def _argument(
    graph: Graph, places: Places, step: Step, argument: Argument, constants: Constants
) -> str:
    if isinstance(argument, SizeArgument):
        return str(argument.value)
    if (constant := constants.get(step.key(argument))) is not None:
        return constant.symbol
    if not isinstance(argument, TensorArgument) or argument.tensor is None:
        return "NULL"
    place = f"base + {places[graph.storage(argument.tensor)].offset}"
    return place if argument.type is CType.INT8 else f"({argument.type} *)(void *)({place})"


def _title(graph: Graph, operator: Operator) -> str:
    number = operator.inputs[0]
    source = "" if number is None else f"{graph.tensors[number]} to "
    return f"{operator.index} {operator.name}: {source}{graph.output(operator)}"


def _plain(name: str) -> str:
    """Return a tensor's name without anything that could end a comment."""
    return re.sub(r"[^A-Za-z0-9_.:;/-]+", "_", name)[:60]


def _operator_record(
    graph: Graph, places: Places, step: Step, constants: Constants
) -> OperatorRecord:
    operator = step.operator
    own = sum(c.size for c in constants.values() if c.owner == operator.index)
    return OperatorRecord(
        index=operator.index,
        name=operator.name,
        symbol_prefix=step.prefix,
        kernel=step.call.function,
        macs=OPERATORS[operator.code].macs(graph, operator),
        constant_bytes=own + structure_size(step.call.parameters),
        inputs=tuple(
            _record(graph, places, number)
            for number in operator.inputs
            if number is not None and not graph.tensors[graph.storage(number)].constant
        ),
        outputs=tuple(_record(graph, places, number) for number in operator.outputs),
    )


def _record(graph: Graph, places: Places, number: int) -> TensorRecord:
    tensor, place = graph.tensors[number], places[graph.storage(number)]
    return TensorRecord(
        name=tensor.name,
        type=tensor.type.name.lower(),
        shape=tensor.shape,
        offset=place.offset,
        size=tensor.size,
        first=place.first,
        last=place.last,
    )
