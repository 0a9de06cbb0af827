"""`python -m lwm2m_server` is the command `tinymlaas`."""

from .cli import main

if __name__ == "__main__":
    main()
