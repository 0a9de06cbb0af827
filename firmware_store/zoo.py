"""The zoo: models to choose from, in their variants."""

from collections.abc import Sequence
from dataclasses import dataclass

from .artifacts import Vectors
from .disk import Disk


@dataclass(frozen=True, slots=True)
class ModelVariant:
    """One form of a model (`int8`, `float`, ...): its .tflite bytes and how good they are.

    `sha256` is that of the .tflite bytes, hex; `size` is in bytes; `accuracy` is
    the share of held-out data answered rightly, 0 to 1, None where nobody measured.
    """

    name: str
    sha256: str
    size: int
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """An entry of the zoo; variants are sorted by name, labels are in output order."""

    name: str
    variants: tuple[ModelVariant, ...]
    labels: tuple[str, ...] = ()

    def variant(self, name: str = "int8") -> ModelVariant:
        """Return the variant called `name`; raises `NotFound`."""
        raise NotImplementedError


class Zoo:
    """The room of models: names that point to content-addressed .tflite bytes.

    Whoever adds a model has validated it first: this floor does not read .tflite.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def add(
        self,
        name: str,
        data: bytes,
        *,
        variant: str = "int8",
        accuracy: float | None = None,
        labels: Sequence[str] = (),
        vectors: Vectors = (),
        replace: bool = False,
    ) -> Model:
        """Keep `data` as `variant` of model `name` and return the model.

        The same bytes again are no change but may bring accuracy, labels or vectors.
        Other bytes under the same name and variant raise `AlreadyExists` unless
        `replace` is set; the former bytes stay readable by their SHA-256.
        """
        raise NotImplementedError

    def list(self) -> tuple[Model, ...]:
        """Return all models, sorted by name."""
        raise NotImplementedError

    def get(self, name: str) -> Model:
        """Return model `name`; raises `NotFound`."""
        raise NotImplementedError

    def read(self, name: str, variant: str = "int8") -> bytes:
        """Return the .tflite bytes; raises `NotFound`, `Damaged`."""
        raise NotImplementedError

    def blob(self, sha256: str) -> bytes:
        """Return .tflite bytes by their SHA-256 (hex); raises `NotFound`, `Damaged`."""
        raise NotImplementedError

    def vectors(self, name: str, variant: str = "int8") -> Vectors:
        """Return the (input, output) pairs that came with the model, maybe none."""
        raise NotImplementedError

    def seed_starter(self) -> None:
        """Add the models that come with the project, unless their names are taken."""
        raise NotImplementedError
