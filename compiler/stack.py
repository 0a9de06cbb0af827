"""The most stack a program can use, read off its machine code."""

from collections.abc import Sequence


def stack_bound(elf: bytes, entries: Sequence[str], core: str) -> int:
    """Return the bytes of stack that the deepest call path from `entries` needs.

    `elf` is the linked file with its symbols, `entries` are function symbols, `core` is
    `cortex-m*` or `rv32*`. Never less than what a run uses. Raises `CompileError`
    for recursion, for calls whose target is not known and for a stack pointer
    that moves by an unknown amount.
    """
    raise NotImplementedError
