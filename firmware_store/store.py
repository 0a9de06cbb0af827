"""The store: one folder, four rooms."""

from pathlib import Path

from .artifacts import Artifacts
from .disk import Disk, Step
from .firmware import FirmwareRoom
from .keys import Keys
from .zoo import Zoo


class Store:
    """All that is kept as files below `root`; sweeps what killed writers left.

    Any number of processes may use one root at a time.
    """

    def __init__(self, root: Path, step: Step = lambda _: None) -> None:
        self.root = root
        self.disk = Disk(root, step)
        self.disk.sweep()
        self.artifacts = Artifacts(self.disk)
        self.zoo = Zoo(self.disk)
        self.firmware = FirmwareRoom(self.disk)
        self.keys = Keys(root / "keys")
