"""What builds yield, kept by build key, with the images signed from it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .disk import Disk
from .errors import AlreadyExists, Damaged, NotFound
from .image import sign
from .image_meta import ImageMeta
from .keys import SigningKey
from .names import check_digest, check_name
from .sealed import get_sealed, pick, put_sealed
from .vectors import Vectors, dump_vectors, load_vectors

_BINARY = "binary.bin"
_REPORT = "report.json"
_VECTORS = "vectors.cbor"
_ABOUT = "artifact.json"
_SOURCES = "src/"
_IMAGE = "image.bin"


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a build yielded, as it was proven.

    `key` is the build key (SHA-256, hex). `binary` is the flat image payload.
    `report` and `provenance` hold only what JSON can. `sources` maps file names to
    generated C. `vectors` are the self-test's (input, output) pairs, all tensors in
    model order, little endian, no padding. `target` is the target's name.
    """

    key: str
    binary: bytes = field(repr=False)
    report: Mapping[str, Any] = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)
    vectors: Vectors = field(repr=False)
    model_sha256: str
    target: str
    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Artifacts:
    """The room of artifacts: `artifacts/<build key>/`, their signed images below."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def put(self, artifact: Artifact) -> None:
        """Store `artifact` whole or not at all; a sound one of its key stays as it is.

        One that was damaged is replaced, its images with it. Raises `InvalidName`
        for a key or a source file's name that cannot be one.
        """
        about = {
            "model_sha256": artifact.model_sha256,
            "target": artifact.target,
            "provenance": dict(artifact.provenance),
        }
        files = {
            _BINARY: artifact.binary,
            _REPORT: _json(artifact.report),
            _VECTORS: dump_vectors(artifact.vectors),
            _ABOUT: _json(about),
        }
        for name, text in artifact.sources.items():
            files[_SOURCES + check_name("source file", name)] = text.encode()
        folder = _folder(artifact.key)
        if not put_sealed(self._disk, folder, files):
            try:
                self.get(artifact.key)
            except Damaged:
                self._disk.discard(folder)
                put_sealed(self._disk, folder, files)

    def get(self, key: str) -> Artifact:
        """Return the artifact, each file checked; raises `NotFound`, `Damaged`."""
        folder = _folder(key)
        files = get_sealed(self._disk, folder)
        if files is None:
            raise NotFound(f"no artifact of build {key}: it was never built here")
        about = json.loads(pick(files, _ABOUT, folder))
        return Artifact(
            key=key,
            binary=pick(files, _BINARY, folder),
            report=json.loads(pick(files, _REPORT, folder)),
            sources={
                name.removeprefix(_SOURCES): data.decode()
                for name, data in files.items()
                if name.startswith(_SOURCES)
            },
            vectors=load_vectors(pick(files, _VECTORS, folder)),
            model_sha256=about["model_sha256"],
            target=about["target"],
            provenance=about["provenance"],
        )

    def __contains__(self, key: str) -> bool:
        return (self._disk.root / _folder(key)).is_dir()

    def list(self) -> tuple[str, ...]:
        """Return the build keys, sorted."""
        return self._disk.names("artifacts")

    def signed(self, key: str, signing_key: SigningKey, meta: ImageMeta) -> bytes:
        """Return the image of artifact `key`, signed now or before: the same bytes.

        One image is kept per build key, signing key, version and model name; asking
        for another `meta` under these raises `AlreadyExists`. A damaged image is made
        again. Raises `NotFound`, `InvalidImage`, and `Damaged` for the artifact.
        """
        image = sign(self.get(key).binary, signing_key, meta)
        name = (key, signing_key.key_hash, str(meta.version), meta.model_name)
        if put_sealed(self._disk, _image_folder(*name), {_IMAGE: image}):
            return image
        try:
            kept = self.image(*name)
        except Damaged:
            self._disk.discard(_image_folder(*name))
            put_sealed(self._disk, _image_folder(*name), {_IMAGE: image})
            return image
        if kept != image:
            raise AlreadyExists(
                f"build {key} was signed as {meta.model_name} {meta.version} with other"
                " target or slot: an image never changes, choose another version"
            )
        return kept

    def image(self, key: str, key_hash: bytes, version: str, model_name: str) -> bytes:
        """Return an image that was signed before; raises `NotFound`, `Damaged`."""
        where = _image_folder(key, key_hash, version, model_name)
        files = get_sealed(self._disk, where)
        if files is None:
            raise NotFound(
                f"build {key} was never signed as {model_name} {version} by key {key_hash.hex()}"
            )
        return pick(files, _IMAGE, where)


def _folder(key: str) -> str:
    return f"artifacts/{check_digest('build key', key)}"


def _image_folder(key: str, key_hash: bytes, version: str, model_name: str) -> str:
    check_digest("key hash", key_hash.hex())
    check_name("image version", version)
    check_name("model", model_name)
    return f"{_folder(key)}/images/{key_hash.hex()}/{version}/{model_name}"


def _json(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()
