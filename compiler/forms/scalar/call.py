"""Calls of kernels that are compiled beside others of their family."""

from collections.abc import Mapping
from dataclasses import replace

from ...ops.call import Argument, Call, Value, kernel


def scalar_kernel(
    name: str, parts: str, parameters: Mapping[str, Value], *arguments: Argument
) -> Call:
    """Return the call of `tml_<name>`, compiled beside <part>_scalar.c for each of `parts`."""
    call = kernel(name, parameters, *arguments)
    beside = (f"{part}_scalar.c" for part in parts.split())
    return replace(call, sources=(*call.sources, *beside))
