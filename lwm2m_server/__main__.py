"""The command `tinymlaas`, also `python -m lwm2m_server`."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C is answered in words from the first moment on."""
    try:
        from .cli import main as run  # noqa: PLC0415 -- loading it takes long enough to be interrupted
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
