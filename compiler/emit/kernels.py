"""The kernel files that a model needs, and no other."""

import re
from collections.abc import Iterable
from importlib.resources import files

_INCLUDE = re.compile(r'^#include "([a-z0-9_]+\.h)"$', re.MULTILINE)


def kernel_files(names: Iterable[str]) -> dict[str, str]:
    """Return the text of the named files of `kernels` and of all they include, by name."""
    folder = files("compiler") / "kernels"
    found: dict[str, str] = {}
    waiting = sorted(names, reverse=True)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = (folder / name).read_text("utf-8")
            waiting += _INCLUDE.findall(found[name])
    return dict(sorted(found.items()))
