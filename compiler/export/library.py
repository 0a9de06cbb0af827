"""The C library of a model: one header, sources, an example."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..emit import Emitted
from ..emit.emitter import Emitter, plain
from ..errors import CompileError
from ..graph import ElementType, Graph, Tensor

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,47}")
_OURS = re.compile(r"\b(tml|TML)_")
_WORDS = """
alignas asm auto bool break case catch char class const constexpr continue default delete do
double else enum explicit export extern false float for friend goto if inline int long
mutable namespace new operator private protected public register restrict return short
signed sizeof static struct switch template this throw true try typedef typename union
unsigned using virtual void volatile while main tml
"""
_TAKEN = frozenset(_WORDS.split())
"""Words of C and C++, and our own prefix."""

_C_TYPES: Mapping[ElementType, str] = {
    ElementType.INT8: "int8_t",
    ElementType.UINT8: "uint8_t",
    ElementType.INT16: "int16_t",
    ElementType.INT32: "int32_t",
    ElementType.INT64: "int64_t",
    ElementType.FLOAT32: "float",
    ElementType.BOOL: "bool",
}

# Kernels of floats round after each operation, as the reference does. Clang takes the
# first line, GCC the second.
_ROUNDING = """\
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif
"""


@dataclass(frozen=True, slots=True)
class Library:
    """A model's C: `header` is the interface, `sources` what is compiled or included by quotes.

    `name` is what symbols start with; `target` says what the code was made for.
    """

    name: str
    target: str
    header: str = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)
    example: str = field(repr=False)

    @property
    def compiled(self) -> list[str]:
        """The names of the sources to compile."""
        return sorted(name for name in self.sources if name.endswith(".c"))

    def files(self) -> dict[str, str]:
        """Return all files by path: `include/NAME.h`, `src/`, `examples/main.c`."""
        return {
            f"include/{self.name}.h": self.header,
            **{f"src/{name}": text for name, text in self.sources.items()},
            "examples/main.c": self.example,
        }


def library(graph: Graph, emitted: Emitted, name: str, target: str) -> Library:
    """Return the library of an emitted graph. Raises `CompileError` for what is no C name."""
    if not _IDENTIFIER.fullmatch(name) or name in _TAKEN:
        raise CompileError(
            f"{name!r} cannot begin the names of a C library: give up to 48 lower-case letters,"
            " digits and underscores, the first a letter, and no word of the language"
        )

    def named(text: str) -> str:
        text = text.replace('#include "model.h"', f'#include "{name}.h"')
        return _OURS.sub(lambda found: _cased(name, found[1]) + "_", text)

    sources = {
        file: (_ROUNDING + named(text)) if file.endswith(".c") else named(text)
        for file, text in emitted.files.items()
        if file != "model.h"
    }
    return Library(
        name,
        target,
        _header(graph, emitted, name, target),
        sources,
        "\n".join(_example(emitted, name)) + "\n",
    )


def _cased(name: str, like: str) -> str:
    return name.upper() if like.isupper() else name


def _header(graph: Graph, emitted: Emitted, name: str, target: str) -> str:
    upper = name.upper()
    return f"""\
/* The model {name}, compiled for {target}: bit for bit what TensorFlow Lite Micro
 * computes. All memory is the caller's; calls with different memory may run at once.
 */
#ifndef {upper}_H
#define {upper}_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

/* Bytes of the arena, which holds inputs, outputs and everything between them, and of
 * the state, which is kept between runs (0: give a null pointer); alignment of both. */
#define {upper}_ARENA_SIZE {emitted.arena_size}
#define {upper}_STATE_SIZE {emitted.state_size}
#define {upper}_ALIGNMENT 16

{_tensors(graph, name, "input", graph.inputs, emitted.inputs)}
{_tensors(graph, name, "output", graph.outputs, emitted.outputs)}
/* Once before the first run, and to forget the state; 0 is success. */
int {name}_init(void *state);

/* One inference: reads the inputs in the arena, which are gone after it, and writes the
 * outputs; 0 is success. */
int {name}_run(void *arena, void *state);

#ifdef __cplusplus
}}
#endif

#endif
"""


def _tensors(
    graph: Graph,
    name: str,
    side: str,
    numbers: Sequence[int],
    places: Sequence[tuple[int, int]],
) -> str:
    c = Emitter()
    c.line(f"#define {name.upper()}_{side.upper()}S {len(numbers)}")
    for position, (number, (offset, _)) in enumerate(zip(numbers, places, strict=True)):
        _tensor(c, name, f"{side}_{position}", graph.tensors[number], offset)
    return str(c)


def _tensor(c: Emitter, name: str, role: str, tensor: Tensor, offset: int) -> None:
    """Add what a caller needs of an input or output: place, size, meaning of its numbers."""
    upper, kind = f"{name}_{role}".upper(), _C_TYPES[tensor.type]
    shape = ", ".join(map(str, tensor.shape))
    c.line()
    c.line(f"/* {plain(tensor.name)}: {tensor.type.name.lower()} [{shape}] */")
    c.line(f"#define {upper}_ELEMENTS {tensor.elements}")
    if tensor.quantization is not None and tensor.quantization.per_tensor:
        c.line(f"#define {upper}_SCALE {np.float32(tensor.quantization.scale)!s}f")
        c.line(f"#define {upper}_ZERO_POINT ({tensor.quantization.zero_point})")
    with c.function(f"static inline {kind} *{name}_{role}(void *arena)"):
        c.line(f"return ({kind} *)(void *)((int8_t *)arena + {offset});")


def _example(emitted: Emitted, name: str) -> Iterator[str]:
    upper = name.upper()
    state = "state" if emitted.state_size else "0"
    yield f"/* One inference of {name} on an input of zeros. */"
    yield f'#include "{name}.h"'
    yield ""
    yield "#include <string.h>"
    yield ""
    yield f"static _Alignas({upper}_ALIGNMENT) uint8_t arena[{upper}_ARENA_SIZE];"
    if emitted.state_size:
        yield f"static _Alignas({upper}_ALIGNMENT) uint8_t state[{upper}_STATE_SIZE];"
    yield ""
    yield "int main(void)"
    yield "{"
    yield f"    if ({name}_init({state}) != 0) {{"
    yield "        return 1;"
    yield "    }"
    for position, (_, size) in enumerate(emitted.inputs):
        yield f"    memset({name}_input_{position}(arena), 0, {size});"
    yield f"    return {name}_run(arena, {state});"
    yield "}"
