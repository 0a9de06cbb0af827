"""The zoo: models to choose from, in their variants."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib import resources

from .disk import Disk
from .errors import AlreadyExists, Damaged, InvalidName, NotFound
from .names import check_digest, check_name
from .sealed import sha256
from .vectors import Vectors, dump_vectors, load_vectors

DEFAULT_VARIANT = "int8"


@dataclass(frozen=True, slots=True)
class ModelVariant:
    """One form of a model (`int8`, `float`, ...): its .tflite bytes and how good they are.

    `sha256` is that of the .tflite bytes, hex; `size` is in bytes. `accuracy` is the
    share of held-out data answered rightly, 0 to 1, and `float_accuracy` that of the
    float model this one was made from; None where nobody measured.
    """

    name: str
    sha256: str
    size: int
    accuracy: float | None = None
    float_accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """An entry of the zoo; variants are sorted by name, labels are in output order."""

    name: str
    variants: tuple[ModelVariant, ...]
    labels: tuple[str, ...] = ()
    description: str = ""

    def variant(self, name: str = DEFAULT_VARIANT) -> ModelVariant:
        """Return the variant called `name`; raises `NotFound`."""
        for variant in self.variants:
            if variant.name == name:
                return variant
        there = ", ".join(variant.name for variant in self.variants)
        raise NotFound(f"model {self.name!r} has no variant {name!r}; there are: {there}")


@dataclass(frozen=True, slots=True)
class _Entry:
    """What `models/names/<model>/<variant>.json` holds; `vectors` is their file's SHA-256."""

    sha256: str
    size: int
    accuracy: float | None
    float_accuracy: float | None
    labels: tuple[str, ...]
    description: str
    vectors: str | None

    def updated_by(self, other: "_Entry") -> "_Entry":
        """Return this entry with all that `other` tells."""
        told = {name: value for name, value in asdict(other).items() if value not in (None, (), "")}
        return replace(self, **told)


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
        variant: str = DEFAULT_VARIANT,
        accuracy: float | None = None,
        float_accuracy: float | None = None,
        labels: Sequence[str] = (),
        description: str = "",
        vectors: Vectors = (),
        replace: bool = False,
    ) -> Model:
        """Keep `data` as `variant` of model `name` and return the model.

        The same bytes again are no change but may bring accuracy, labels or vectors.
        Other bytes under the same name and variant raise `AlreadyExists` unless
        `replace` is set; the former bytes stay readable by their SHA-256.
        """
        check_name("model", name)
        check_name("variant", variant)
        for share in (accuracy, float_accuracy):
            if share is not None and not 0 <= share <= 1:
                raise InvalidName(f"accuracy {share} is no share: write 0.97 for 97 %")
        entry = _Entry(
            sha256=self._keep(data, "blobs", "tflite"),
            size=len(data),
            accuracy=accuracy,
            float_accuracy=float_accuracy,
            labels=tuple(labels),
            description=description,
            vectors=self._keep(dump_vectors(vectors), "vectors", "cbor") if vectors else None,
        )
        self._point(name, variant, entry, replace=replace)
        return self.get(name)

    def list(self) -> tuple[Model, ...]:
        """Return all models, sorted by name."""
        names = self._disk.names("models/names")
        return tuple(self.get(name) for name in names if self._disk.names(f"models/names/{name}"))

    def get(self, name: str) -> Model:
        """Return model `name`; raises `NotFound`, `Damaged`."""
        files = self._disk.names(f"models/names/{check_name('model', name)}")
        entries = {file.removesuffix(".json"): self._entry(name, file) for file in files}
        if not entries:
            raise NotFound(
                f"no model {name!r} in the zoo: `tinymlaas zoo list` shows what is there"
            )
        told = entries.get(DEFAULT_VARIANT) or next(iter(entries.values()))
        variants = tuple(
            ModelVariant(variant, entry.sha256, entry.size, entry.accuracy, entry.float_accuracy)
            for variant, entry in entries.items()
        )
        return Model(name, variants, told.labels, told.description)

    def read(self, name: str, variant: str = DEFAULT_VARIANT) -> bytes:
        """Return the .tflite bytes; raises `NotFound`, `Damaged`."""
        return self.blob(self.get(name).variant(variant).sha256)

    def blob(self, sha256: str) -> bytes:
        """Return .tflite bytes by their SHA-256 (hex); raises `NotFound`, `Damaged`."""
        return self._kept(sha256, "blobs", "tflite")

    def vectors(self, name: str, variant: str = DEFAULT_VARIANT) -> Vectors:
        """Return the (input, output) pairs that came with the model, maybe none."""
        self.get(name).variant(variant)
        digest = self._entry(name, f"{variant}.json").vectors
        return load_vectors(self._kept(digest, "vectors", "cbor")) if digest else ()

    def seed_starter(self) -> None:
        """Add the models that come with the project, unless their names are taken."""
        for folder in (resources.files("firmware_store") / "starter").iterdir():
            about = json.loads((folder / "model.json").read_text())
            if self._disk.names(f"models/names/{about['name']}"):
                continue
            self.add(
                about["name"],
                (folder / "model.tflite").read_bytes(),
                variant=about["variant"],
                accuracy=about["accuracy"]["int8"],
                float_accuracy=about["accuracy"]["float"],
                labels=about["labels"],
                description=about["description"],
                vectors=load_vectors((folder / "vectors.cbor").read_bytes()),
            )

    def _point(self, name: str, variant: str, entry: _Entry, *, replace: bool) -> None:
        """Let the variant's name point to `entry`."""
        file = f"models/names/{name}/{variant}.json"
        if self._disk.put_file(file, _dump(entry)):
            return
        known = self._entry(name, f"{variant}.json")
        if known.sha256 == entry.sha256:
            entry = known.updated_by(entry)
        elif not replace:
            raise AlreadyExists(
                f"model {name!r} has another {variant} variant already (SHA-256 {known.sha256}):"
                " replace it on purpose, or choose another name"
            )
        if entry != known:
            self._disk.put_file(file, _dump(entry), replace=True)

    def _entry(self, name: str, file: str) -> _Entry:
        data = self._disk.read(f"models/names/{name}/{file}")
        try:
            fields = json.loads(data or b"")
            return _Entry(**{**fields, "labels": tuple(fields["labels"])})
        except (ValueError, TypeError, KeyError) as error:
            raise Damaged(
                f"{self._disk.root}/models/names/{name}/{file} cannot be read ({error});"
                " remove it and add the model again"
            ) from error

    def _keep(self, data: bytes, room: str, suffix: str) -> str:
        """Store `data` under its SHA-256, which is returned; a damaged copy is mended."""
        digest = sha256(data)
        file = f"models/{room}/{digest}.{suffix}"
        if not self._disk.put_file(file, data) and self._disk.read(file) != data:
            self._disk.put_file(file, data, replace=True)
        return digest

    def _kept(self, digest: str, room: str, suffix: str) -> bytes:
        file = f"models/{room}/{check_digest('SHA-256 of a model', digest)}.{suffix}"
        data = self._disk.read(file)
        if data is None:
            raise NotFound(f"no model bytes with SHA-256 {digest}")
        if sha256(data) != digest:
            raise Damaged(f"{self._disk.root / file} has changed; add the model again to mend it")
        return data


def _dump(entry: _Entry) -> bytes:
    return (json.dumps(asdict(entry), indent=2, sort_keys=True) + "\n").encode()
