"""C text by lines and blocks; nothing else in the compiler writes a brace."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from numpy.typing import NDArray

from ..ops.call import Value

_INDENT = "    "
_WIDTH = 100


class Emitter:
    """Collects lines of C at the current depth of indentation."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0

    def line(self, text: str = "") -> None:
        """Add one line, or an empty one."""
        self._lines.append(_INDENT * self._depth + text if text else "")

    @contextmanager
    def block(self, head: str, end: str = "") -> Iterator[None]:
        """Add `head {`, what the body adds one level deeper, and `}` with `end`."""
        self.line(f"{head} {{".lstrip())
        self._depth += 1
        yield
        self._depth -= 1
        self.line(f"}}{end}")

    @contextmanager
    def function(self, prototype: str) -> Iterator[None]:
        """Add a function definition, its brace on a line of its own."""
        self.line(prototype)
        with self.block(""):
            yield

    def call(self, function: str, arguments: Sequence[str]) -> None:
        """Add a call as a statement; its value, if any, is dropped."""
        self._filled(f"{function}({', '.join(arguments)});".split(" "), hanging=_INDENT)

    def array(self, declaration: str, values: NDArray[Any]) -> None:
        """Add the definition of an array of numbers, as many elements per line as fit."""
        with self.block(f"{declaration}[{len(values)}] =", ";"):
            self._filled(f"{_number(value)}," for value in values.tolist())

    def _filled(self, words: Iterable[str], hanging: str = "") -> None:
        """Add words, as many per line as fit; lines after the first start with `hanging`."""
        line = ""
        for word in words:
            if line and len(line) + len(word) + 1 + len(_INDENT) * self._depth > _WIDTH:
                self.line(line)
                line = f"{hanging}{word}"
            else:
                line = f"{line} {word}" if line else word
        self.line(line)

    def structure(self, declaration: str, members: Mapping[str, Value]) -> None:
        """Add the definition of a structure with named members."""
        with self.block(f"{declaration} =", ";"):
            self._members(members)

    def _members(self, members: Mapping[str, Value]) -> None:
        for name, value in members.items():
            if isinstance(value, Mapping):
                with self.block(f".{name} =", ","):
                    self._members(value)
            elif isinstance(value, tuple):
                self.line(f".{name} = {{{', '.join(map(str, value))}}},")
            else:
                self.line(f".{name} = {_number(value)},")

    def __str__(self) -> str:
        return "\n".join(self._lines) + "\n"


def _number(value: float) -> str:
    """Return a literal; floats in hexadecimal, so that no digit is lost."""
    if isinstance(value, int):
        return str(value)
    if math.isfinite(value):
        return f"{value.hex()}f"
    sign = "-" if value < 0 else ""
    return '__builtin_nanf("")' if math.isnan(value) else f"{sign}__builtin_inff()"


def plain(name: str) -> str:
    """Return a tensor's name without anything that could end a comment."""
    return re.sub(r"[^A-Za-z0-9_.:;/-]+", "_", name)[:60]
