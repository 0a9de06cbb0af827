"""Who reads and who writes a tensor."""

from ..graph import Graph, Operator


def sole_reader(graph: Graph, number: int) -> Operator | None:
    """Return the operator that alone reads `number`, once; None where there is another use.

    To be an output of the model, or what another tensor is an alias of, is a use.
    """
    if number in graph.outputs or any(t.alias_of == number for t in graph.tensors):
        return None
    readers = [one for one in graph.operators for read in one.inputs if read == number]
    return readers[0] if len(readers) == 1 else None


def writer(graph: Graph, number: int) -> Operator | None:
    """Return the operator that writes `number`, None for inputs, constants and aliases."""
    return next((one for one in graph.operators if number in one.outputs), None)
