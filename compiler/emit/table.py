"""The module table (runtime ABI 1) as C; `compiler.abi` has its layout."""

from collections.abc import Sequence

from ..abi import ABI, FLAG_HARD_FLOAT, MAGIC
from .emitted import Emitted

FILE_NAME = "table.c"
SYMBOL = "tml_table"


def emit_table(emitted: Emitted, *, hard_float: bool, host: bool = False) -> str:
    """Return the C of the table; the stack bound is 0 until the linked code has told it.

    On the `host`, whose addresses do not fit 32 bits, init and run are 0: they are
    called by their names.
    """
    inputs, outputs = emitted.inputs, emitted.outputs
    tensors = _tensors((*inputs, *outputs))
    address = "uint32_t {0}" if host else "int (*{0})({1})"
    init, run = ("0", "0") if host else ("tml_init", "tml_run")
    section = "" if host else 'section(".tml_table"), '
    return f"""\
/* What a device knows of this model: runtime ABI {ABI}. */
#include <stdint.h>

int tml_init(void *state);
int tml_run(void *arena, void *state);

struct tml_table {{
    uint32_t magic;
    uint16_t abi;
    uint16_t flags;
    uint16_t inputs;
    uint16_t outputs;
    uint32_t arena_size;
    uint32_t state_size;
    uint32_t stack_bound;
    {address.format("init", "void *")};
    {address.format("run", "void *, void *")};
    struct {{
        uint32_t offset;
        uint32_t size;
    }} tensors[{max(1, len(inputs) + len(outputs))}];
}};

extern const struct tml_table {SYMBOL};

__attribute__(({section}used)) const struct tml_table {SYMBOL} = {{
    .magic = {MAGIC:#x}u,
    .abi = {ABI}u,
    .flags = {FLAG_HARD_FLOAT if hard_float else 0}u,
    .inputs = {len(inputs)}u,
    .outputs = {len(outputs)}u,
    .arena_size = {emitted.arena_size}u,
    .state_size = {emitted.state_size}u,
    .stack_bound = 0u,
    .init = {init},
    .run = {run},
    .tensors = {{
{tensors}
    }},
}};
"""


def _tensors(places: Sequence[tuple[int, int]]) -> str:
    rows = [f"        {{{offset}u, {size}u}}," for offset, size in places]
    return "\n".join(rows or ["        {0u, 0u},"])
