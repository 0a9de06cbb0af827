"""An Arduino library: a folder under `libraries/` of the sketchbook, or a ZIP of it."""

from .library import Library


def arduino_library(given: Library) -> dict[str, str]:
    """Return the files of the library (Arduino CLI, "Library specification", 1.5 format)."""
    name, upper = given.name, given.name.upper()
    return {
        "library.properties": (
            f"name={name}\n"
            "version=1.0.0\n"
            "author=TinyMLaaS\n"
            "maintainer=TinyMLaaS\n"
            f"sentence=The model {name} as C, with nothing but what it needs.\n"
            f"paragraph=Compiled for {given.target}.\n"
            "category=Data Processing\n"
            "architectures=*\n"
            f"includes={name}.h\n"
        ),
        f"src/{name}.h": given.header,
        **{f"src/{file}": text for file, text in given.sources.items()},
        f"examples/{name}/{name}.ino": f"""\
// One inference of {name} a second, on an input of zeros.
#include <{name}.h>
#include <string.h>

alignas({upper}_ALIGNMENT) static uint8_t arena[{upper}_ARENA_SIZE];
alignas({upper}_ALIGNMENT) static uint8_t state[{upper}_STATE_SIZE + 1];

void setup() {{
  Serial.begin(115200);
  {name}_init(state);
}}

void loop() {{
  memset(arena, 0, sizeof arena);
  const unsigned long start = micros();
  const int failed = {name}_run(arena, state);
  Serial.print(failed ? "failed after " : "done in ");
  Serial.print(micros() - start);
  Serial.println(" us");
  delay(1000);
}}
""",
    }
