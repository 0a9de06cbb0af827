"""A model as C for other build systems: a library, and packages around it.

Whoever builds firmware of their own links it there. The memory is the caller's, the only
globals are constants, and every symbol carries the model's name, so that several models
can live in one program.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from .arduino import arduino_library
from .esp_idf import esp_idf_component
from .format import Format
from .library import Library, library
from .zephyr import zephyr_module

__all__ = ["FORMATS", "Format", "Library", "library", "package"]


def _plain(given: Library) -> dict[str, str]:
    """Return the library as it is: `include/`, `src/` and an example."""
    return given.files()


FORMATS: Mapping[Format, Callable[[Library], dict[str, str]]] = MappingProxyType(
    {
        Format.C: _plain,
        Format.ZEPHYR: zephyr_module,
        Format.ESP_IDF: esp_idf_component,
        Format.ARDUINO: arduino_library,
    }
)


def package(given: Library, wanted: Format) -> dict[str, str]:
    """Return the files of a package, path to text; the same for the same library."""
    return dict(sorted(FORMATS[wanted](given).items()))
