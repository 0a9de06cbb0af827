"""SUPPORTED_OPS.md: every operator with its rules and limits, in the words of its messages."""

from collections.abc import Iterator, Sequence

from ..ulp import TOLERANCE, TRANSCENDENTAL
from . import OPERATORS
from .definition import Condition, OperatorDefinition, ends, sentence

*_FIRST, _LAST = sorted(code.name for code in TRANSCENDENTAL)

_HEAD = f"""\
# Supported operators

Made by `python -m compiler.ops` (`make supported-ops`); a test holds it to the code. Each operator
computes bit for bit what TensorFlow Lite Micro computes; {", ".join(_FIRST)} and {_LAST} of
float32 are at most {TOLERANCE} units in the last place off. A model that breaks a rule contradicts
itself and is refused as invalid; one that exceeds a limit is valid but not served. The sentences
are those of the messages.
"""


def supported_operators() -> str:
    """Return the text of SUPPORTED_OPS.md."""
    served = sorted((code.name, row) for code, row in OPERATORS.items() if code >= 0)
    return "\n".join([_HEAD, *_index([name for name, _ in served]), *_sections(served)])


def _index(names: Sequence[str]) -> Iterator[str]:
    yield f"{len(names)} operators: " + ", ".join(f"[{name}](#{name.lower()})" for name in names)
    yield ""


def _sections(served: Sequence[tuple[str, OperatorDefinition]]) -> Iterator[str]:
    for name, definition in served:
        yield f"## {name}"
        yield ""
        inputs, outputs = ends(definition.inputs, "input"), ends(definition.outputs, "output")
        yield f"Takes {inputs}, gives {outputs}."
        yield ""
        yield from _conditions("Rules", definition.rules)
        yield from _conditions("Limits", definition.limits)
        yield from _conditions("Else some inputs are left out of the proof", definition.defined)


def _conditions(title: str, conditions: Sequence[Condition]) -> Iterator[str]:
    if conditions:
        yield f"{title}:"
        yield ""
        yield from (f"- {sentence(condition)}" for condition in conditions)
        yield ""
