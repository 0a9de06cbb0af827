"""An ESP-IDF component: a folder under `components/` of a project."""

from .library import Library


def esp_idf_component(given: Library) -> dict[str, str]:
    """Return the files of the component (ESP-IDF Programming Guide, "Build System")."""
    sources = "\n".join(f'    "src/{file}"' for file in given.compiled)
    return given.files() | {
        "CMakeLists.txt": (
            f'idf_component_register(\n  SRCS\n{sources}\n  INCLUDE_DIRS "include"\n)\n'
            "target_compile_options(${COMPONENT_LIB} PRIVATE -O2 -ffp-contract=off)\n"
        ),
        "idf_component.yml": (
            f'version: "1.0.0"\ndescription: The model {given.name}, compiled for {given.target}\n'
        ),
    }
