"""What no output of the model depends on."""

from dataclasses import replace

from ..graph import Graph


def remove_dead_operators(graph: Graph) -> Graph:
    """Return `graph` without operators whose outputs nothing reads."""
    wanted = {graph.storage(number) for number in graph.outputs}
    kept = []
    for operator in reversed(graph.operators):
        if any(graph.storage(number) in wanted for number in operator.outputs):
            wanted.update(graph.storage(n) for n in operator.inputs if n is not None)
            kept.append(operator)
    return replace(graph, operators=tuple(reversed(kept)))


def remove_dead_tensors(graph: Graph) -> Graph:
    """Return `graph` without tensors that nothing refers to; the others get new numbers."""
    used = {*graph.inputs, *graph.outputs}
    for operator in graph.operators:
        used.update(n for n in operator.inputs if n is not None)
        used.update(operator.outputs)
    for number in tuple(used):
        step: int | None = number
        while step is not None:
            used.add(step)
            step = graph.tensors[step].alias_of
    order = sorted(used)
    number_of = {old: new for new, old in enumerate(order)}

    def renumber(numbers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(number_of[n] for n in numbers)

    tensors = (graph.tensors[old] for old in order)
    return Graph(
        tensors=tuple(
            tensor
            if tensor.alias_of is None
            else replace(tensor, alias_of=number_of[tensor.alias_of])
            for tensor in tensors
        ),
        operators=tuple(
            replace(
                operator,
                inputs=tuple(None if n is None else number_of[n] for n in operator.inputs),
                outputs=renumber(operator.outputs),
            )
            for operator in graph.operators
        ),
        inputs=renumber(graph.inputs),
        outputs=renumber(graph.outputs),
    )
