"""The kernel files that a model needs, and no other."""

import re
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

_INCLUDE = re.compile(r'^#include "([a-z0-9_]+\.h)"$', re.MULTILINE)


def kernel_files(names: Iterable[str]) -> dict[str, str]:
    """Return the text of the named files of `kernels` and of all they include, by name.

    Those that end in `_<family>` are in the folder of that family, if there is one. Names
    that are not ours (`<string.h>`) are left out.
    """
    found: dict[str, str] = {}
    waiting = sorted((name for name in names if not name.startswith("<")), reverse=True)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _file(name).read_text("utf-8")
            waiting += _INCLUDE.findall(found[name])
    return dict(sorted(found.items()))


def _file(name: str) -> Traversable:
    folder = files("compiler") / "kernels"
    family = folder / name.partition(".")[0].rpartition("_")[2] / name
    return family if family.is_file() else folder / name
