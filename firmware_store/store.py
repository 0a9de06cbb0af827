"""The store: one folder, four rooms."""

from pathlib import Path

from .artifacts import Artifacts
from .disk import Disk, Step
from .firmware import FirmwareRoom
from .keys import Keys
from .zoo import Zoo


class Store:
    """All that is kept as files below `root`: artifacts, zoo, foreign firmware and keys.

    Opening it removes what killed writers left and makes sure that the starter
    models are in the zoo. Any number of processes may use one root at a time.
    """

    def __init__(self, root: Path, step: Step = lambda _: None) -> None:
        disk = Disk(root, step)
        self.root = disk.root
        self.artifacts = Artifacts(disk)
        self.zoo = Zoo(disk)
        self.firmware = FirmwareRoom(disk)
        self.keys = Keys(disk)
        disk.sweep()
        self.zoo.seed_starter()
