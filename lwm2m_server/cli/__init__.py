"""The command `tinymlaas`."""


def main() -> None:
    """Run the command line."""
    raise NotImplementedError
