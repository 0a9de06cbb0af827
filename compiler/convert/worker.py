"""One conversion: `python -m compiler.convert.worker`, started by `job.py`.

stdin: one JSON object, as `ConversionRequest.to_json` writes it. stdout: JSON lines,
{"progress": "quantising"} any number of times, then {"ok": true, "report": {...}} or
{"ok": false, "kind": ..., "message": ..., "details": {}}. stderr: whatever frameworks have to say.
"""

import json
import sys
import warnings
from typing import Any

from ..errors import CompileError
from ..job import error_to_json
from ..own_stdout import own_stdout
from .errors import ConversionError
from .request import ConversionRequest


def main() -> int:
    """Carry out the request on stdin; see the module's text."""
    with own_stdout() as lines:

        def tell(line: dict[str, Any]) -> None:
            lines.write(json.dumps(line) + "\n")
            lines.flush()

        warnings.simplefilter("ignore")  # they are the frameworks', about themselves
        request = ConversionRequest.from_json(json.load(sys.stdin))
        try:
            tell({"progress": "loading TensorFlow"})
            from .conversion import run  # noqa: PLC0415 -- takes seconds, and is to be told before

            report = run(request, lambda words: tell({"progress": words}))
            tell({"ok": True, "report": report})
        except CompileError as error:
            tell(error_to_json(error))
        except MemoryError:
            tell(error_to_json(ConversionError("the conversion needs more memory than there is")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
