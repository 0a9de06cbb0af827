"""The rules that a graph holds between any two passes."""

from collections.abc import Iterator

from .graph import Graph


def violations(graph: Graph) -> Iterator[str]:
    """Yield every way in which `graph` breaks the rules that hold between passes.

    1. Each tensor number exists.
    2. Constant data has the size that shape and type say.
    3. An alias lies within what it is an alias of, is not constant, and leads
       to a tensor that is no alias, without a cycle.
    4. Each byte is written at most once, whatever tensors it belongs to; those of
       constants, variables and inputs of the graph never.
    5. Each byte that an operator or the graph's outputs read has been given before.
    """
    yield from _unknown_numbers(graph) or _broken(graph)


def _unknown_numbers(graph: Graph) -> list[str]:
    known = range(len(graph.tensors))

    def unknown(numbers: tuple[int | None, ...], where: str) -> list[str]:
        return [
            f"{where} refers to tensor {n}; the model has {len(known)} tensors"
            for n in numbers
            if n is not None and n not in known
        ]

    found = unknown(graph.inputs, "the list of model inputs")
    found += unknown(graph.outputs, "the list of model outputs")
    for operator in graph.operators:
        found += unknown(operator.inputs + operator.outputs, str(operator))
    aliases = tuple(t.alias_of for t in graph.tensors)
    return found + unknown(aliases, "an alias")


def _broken(graph: Graph) -> Iterator[str]:
    sizes = list(_broken_tensors(graph))
    yield from sizes
    if not sizes:
        yield from _broken_order(graph)


def _broken_tensors(graph: Graph) -> Iterator[str]:
    for number, tensor in enumerate(graph.tensors):
        if tensor.data is not None and len(tensor.data) != tensor.size:
            yield (
                f"tensor {number} '{tensor.name}' is {tensor} = {tensor.size} B,"
                f" its buffer has {len(tensor.data)} B"
            )
        if tensor.alias_of is None:
            continue
        root = graph.tensors[tensor.alias_of]
        if tensor.constant or not 0 <= tensor.alias_offset <= root.size - tensor.size:
            yield f"tensor {number} '{tensor.name}' cannot share the bytes of '{root.name}'"
        seen = {number}
        step: int | None = tensor.alias_of
        while step is not None and step not in seen:
            seen.add(step)
            step = graph.tensors[step].alias_of
        if step is not None:
            yield f"tensor {number} '{tensor.name}' is an alias of itself"


def _broken_order(graph: Graph) -> Iterator[str]:
    given = _Given(graph)
    for number, tensor in enumerate(graph.tensors):
        if tensor.constant or tensor.variable:
            given.add(number)
    for number in graph.inputs:
        if not given.add(number):
            yield f"model input {number} '{graph.tensors[number].name}' is constant or named twice"
    yield from _broken_steps(graph, given)
    for number in graph.outputs:
        if number not in given:
            yield f"model output {number} '{graph.tensors[number].name}' is never written"


def _broken_steps(graph: Graph, given: "_Given") -> Iterator[str]:
    for operator in graph.operators:
        for read in operator.inputs:
            if read is not None and read not in given:
                yield f"{operator} reads tensor {read} before any operator has written it"
        for written in operator.outputs:
            if not given.add(written):
                yield f"{operator} writes tensor {written}, which has its value already"


class _Given:
    """Which bytes have their value, as disjoint spans of each storage in order."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._spans: dict[int, list[tuple[int, int]]] = {}

    def __contains__(self, tensor: int) -> bool:
        storage, start, end = self._span(tensor)
        for first, last in self._spans.get(storage, ()):
            if first <= start < last:
                start = last
        return start >= end

    def add(self, tensor: int) -> bool:
        """Give all bytes of `tensor`; whether none of them had been given."""
        storage, start, end = self._span(tensor)
        spans = self._spans.setdefault(storage, [])
        free = all(last <= start or end <= first for first, last in spans)
        spans.append((start, end))
        spans.sort()
        return free

    def _span(self, tensor: int) -> tuple[int, int, int]:
        storage, start = self._graph.place(tensor)
        return storage, start, start + self._graph.tensors[tensor].size
