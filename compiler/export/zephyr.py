"""A Zephyr module: found by west or ZEPHYR_EXTRA_MODULES, switched on by Kconfig."""

from .library import Library


def zephyr_module(given: Library) -> dict[str, str]:
    """Return the files of the module (docs.zephyrproject.org, "Modules (External projects)")."""
    name, upper = given.name, given.name.upper()
    sources = "\n".join(f"  ${{CMAKE_CURRENT_LIST_DIR}}/../src/{file}" for file in given.compiled)
    return given.files() | {
        "zephyr/module.yml": f"name: {name}\nbuild:\n  cmake: zephyr\n  kconfig: zephyr/Kconfig\n",
        "zephyr/Kconfig": (
            f"config {upper}\n"
            f'\tbool "The model {name}, compiled for {given.target}"\n'
            "\thelp\n"
            f"\t  Links {name}_init() and {name}_run(); see {name}.h.\n"
        ),
        "zephyr/CMakeLists.txt": (
            f"if(CONFIG_{upper})\n"
            f"zephyr_include_directories(${{CMAKE_CURRENT_LIST_DIR}}/../include)\n"
            f"zephyr_library_named({name})\n"
            f"zephyr_library_sources(\n{sources}\n)\n"
            "zephyr_library_compile_options(-ffp-contract=off)\n"
            "endif()\n"
        ),
    }
