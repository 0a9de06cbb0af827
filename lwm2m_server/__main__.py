"""The command `tinymlaas`, also `python -m lwm2m_server`."""

import gc
import sys
from typing import Final

# Loading makes objects by the hundred thousand, and no garbage. A server has a rule of its own.
_ALLOCATIONS: Final = 50_000


def main() -> None:
    """Run the command line; Ctrl-C is answered in words from the first moment on."""
    gc.set_threshold(_ALLOCATIONS)
    try:
        from .cli import main as run  # noqa: PLC0415 -- loading it takes long enough to be interrupted
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
