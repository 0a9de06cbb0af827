"""A build as it is asked for, and as it comes out."""

from dataclasses import dataclass, field
from typing import Any

from .profile import CompileProfile
from .targets.core import cores
from .targets.target import FirmwareMap, ImageKind, Slot

_FEWEST_VECTORS = 3


@dataclass(frozen=True, slots=True)
class BuildSpec:
    """All that decides what a build yields.

    `image_overhead` is the bytes that header, TLVs and signature will add to the
    flat binary; `vectors` is how many input vectors to verify (at least 3). `unproven`
    accepts machine code that no emulator can run: its C is then proven on the host.
    """

    model: bytes = field(repr=False)
    profile: CompileProfile
    place: Slot | FirmwareMap
    kind: ImageKind
    image_overhead: int
    vectors: int = 8
    unproven: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.place, FirmwareMap) is not (self.kind is ImageKind.FIRMWARE):
            raise ValueError(f"a {self.kind} cannot live in a {type(self.place).__name__}")
        if self.vectors < _FEWEST_VECTORS or self.image_overhead < 0:
            raise ValueError(f"a build is proven with at least {_FEWEST_VECTORS} vectors")

    @property
    def on_host(self) -> bool:
        """Whether its C is proven on the host, since nothing here runs its machine code."""
        return self.unproven and cores()[self.profile.target.core].emulator == "none"


@dataclass(frozen=True, slots=True)
class Built:
    """What a build yields.

    `binary` is the flat image payload, first byte at load address plus header.
    `report` is plain JSON data. `vectors` are the self-test's (input, output)
    pairs, all tensors in model order, little endian, no padding; the outputs are
    the oracle's.
    """

    key: str
    binary: bytes = field(repr=False)
    report: dict[str, Any] = field(repr=False)
    sources: dict[str, str] = field(repr=False)
    vectors: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    model_sha256: str
    target: str
