"""Writing to the file system so that a kill at any moment leaves nothing half.

What is to appear is made in a workspace below `tmp`, forced to the disk, and
then renamed (a folder) or linked (a file) into its place: one step that either
happened or did not. A workspace is locked for as long as its writer lives, so
that whoever comes next can tell what is abandoned from what is under way.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

Step = Callable[[str], None]

_WORKSPACES = "tmp"


class Disk:
    """A folder in which files and folders appear whole or not at all.

    Names are relative to `root`, their parts checked by the caller; missing
    parents are made. `step` is called with a word before each change to the file
    system: that is how tests stop a writer at every place it can be stopped.
    """

    def __init__(self, root: Path, step: Step = lambda _: None) -> None:
        self.root = root.absolute()
        self._step = step

    def sweep(self) -> None:
        """Remove what writers that are no more have left behind."""
        for name in self.names(_WORKSPACES):
            workspace = self.root / _WORKSPACES / name
            with suppress(FileNotFoundError, NotADirectoryError, BlockingIOError):
                lock = _lock(workspace, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(workspace, ignore_errors=True)
                os.close(lock)

    def put_folder(self, name: str, files: Mapping[str, bytes]) -> bool:
        """Make folder `name` with `files`; False, and no change, where it exists.

        Keys of `files` are relative to the folder and may lie in folders of their own.
        """
        final = self.root / name
        if final.exists():
            return False
        self._make(final.parent)
        with self._workspace() as workspace:
            folder = workspace / "folder"
            self._make(folder)
            for file, data in files.items():
                self._make((folder / file).parent)
                self._write(folder / file, data, 0o644)
            self._step("rename")
            try:
                folder.rename(final)
            except OSError:
                # Only a full folder in the way is no fault: another writer was first.
                if not final.exists():
                    raise
                return False
            self._sync(final.parent)
        return True

    def put_file(self, name: str, data: bytes, *, replace: bool = False, mode: int = 0o644) -> bool:
        """Make file `name`; False, and no change, where it exists and `replace` is not set."""
        final = self.root / name
        if final.exists() and not replace:
            return False
        self._make(final.parent)
        with self._workspace() as workspace:
            file = workspace / "file"
            self._write(file, data, mode)
            self._step("link")
            if replace:
                file.rename(final)
            else:
                try:
                    final.hardlink_to(file)  # unlike rename, this never replaces
                except FileExistsError:
                    return False
            self._sync(final.parent)
        return True

    def discard(self, name: str) -> None:
        """Take folder `name` away, whole; none there is no fault."""
        with self._workspace() as workspace:
            self._step("rename")
            with suppress(FileNotFoundError):
                (self.root / name).rename(workspace / "folder")

    def read(self, name: str) -> bytes | None:
        """Return the bytes of file `name`, None where there is no such file."""
        try:
            return (self.root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names in `folder`, sorted; none where there is no such folder."""
        try:
            return tuple(sorted(entry.name for entry in (self.root / folder).iterdir()))
        except (FileNotFoundError, NotADirectoryError):
            return ()

    @contextmanager
    def _workspace(self) -> Iterator[Path]:
        """Yield a new locked folder; what is left in it afterwards is removed."""
        parent = self.root / _WORKSPACES
        self._make(parent)
        self._step("workspace")
        workspace, lock = _locked_folder(parent)
        try:
            yield workspace
            self._step("clean")
        finally:
            shutil.rmtree(workspace, ignore_errors=True)  # else a sweep will
            os.close(lock)

    def _make(self, folder: Path) -> None:
        """Make `folder` and its parents, each forced to the disk."""
        if folder.is_dir():
            return
        self._make(folder.parent)
        self._step("mkdir")
        with suppress(FileExistsError):
            folder.mkdir()
        self._sync(folder.parent)

    def _write(self, file: Path, data: bytes, mode: int) -> None:
        self._step("create")
        file.touch(mode, exist_ok=False)
        with file.open("wb") as out:
            self._step("write")
            out.write(data)
            out.flush()
            self._step("fsync file")
            os.fsync(out.fileno())
        self._sync(file.parent)

    def _sync(self, folder: Path) -> None:
        """Force the names in `folder` to the disk."""
        self._step("fsync folder")
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    """Make a folder in `parent` and lock it; the lock is the descriptor that is returned."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent))
        # Between making and locking it, a sweep may take it for abandoned.
        with suppress(FileNotFoundError):
            return folder, _lock(folder, fcntl.LOCK_EX)


def _lock(folder: Path, operation: int) -> int:
    """Lock `folder` until the descriptor that is returned is closed, or its process ends.

    Raises `FileNotFoundError` where the folder went away meanwhile, and
    `BlockingIOError` where another holds it and `operation` says not to wait.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, operation)
        if not os.path.samestat(os.fstat(descriptor), folder.stat()):
            raise FileNotFoundError(folder)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
