"""Writing to the file system so that a kill at any moment leaves nothing half."""

from collections.abc import Callable, Mapping
from pathlib import Path

Step = Callable[[str], None]


class Disk:
    """A folder in which files and folders appear whole or not at all.

    `step` is called with a word and a name before each change to the file system;
    that is how tests stop a writer at every place it can be stopped.
    """

    def __init__(self, root: Path, step: Step = lambda _: None) -> None:
        self.root = root
        self._step = step

    def sweep(self) -> None:
        """Remove what writers that are no more have left behind."""
        raise NotImplementedError

    def put_folder(self, name: str, files: Mapping[str, bytes]) -> bool:
        """Make folder `name` with `files`; False, and no change, where it exists."""
        raise NotImplementedError

    def put_file(self, name: str, data: bytes, *, replace: bool = False, mode: int = 0o644) -> bool:
        """Make file `name`; False, and no change, where it exists and `replace` is not set."""
        raise NotImplementedError
