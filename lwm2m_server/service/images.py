"""From a model's name and a device to a signed image; and stored images back."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from compiler.errors import CompileError, DoesNotFit, UnsupportedModel
from compiler.fit import closest
from compiler.profile import CompileProfile, choose_profile
from compiler.spec import BuildSpec
from compiler.targets import (
    BoardTable,
    FirmwareMap,
    ImageKind,
    Slot,
    firmware_map_for,
    slot_for,
    target_for,
)
from firmware_store import Artifact, ImageMeta, ImageSlot, ImageVersion, Model, SigningKey, Store
from firmware_store import ImageKind as StoredKind
from firmware_store.image import overhead
from firmware_store.mcuboot import image_hash
from objects.hardware import HardwareReport

from ..protocol.deployment import ImageFacts, Via
from .builds import BuildService, keeps_state, sizes
from .errors import InvalidInput
from .records import DeploymentRecord, ImageRecord

Vectors = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class SelfTestPlan:
    """What a self-test sends: inputs with the outputs of a model in its initial state.

    `keeps_state` tells that outputs depend on the runs before.
    """

    vectors: Vectors = ()
    keeps_state: bool = False


_KINDS: Final = {
    Via.MODULE: (ImageKind.MODULE, StoredKind.MODULE),
    Via.FIRMWARE: (ImageKind.FIRMWARE, StoredKind.FIRMWARE),
}
# A self-test over the air: at least 3 vectors, at most 64 KiB of input, never more than 8.
_FEWEST, _MOST, _MOST_BYTES = 3, 8, 64 * 1024
_PREFERRED_VARIANT: Final = "int8"


class UntrustedKey(CompileError):
    """The device trusts another signing key than ours: nothing we send would run."""

    kind = "untrusted key"


@dataclass(frozen=True, slots=True)
class Place:
    """The device an image is for: what it reported, its assigned board, and the slot."""

    hardware: HardwareReport
    board: str | None
    via: Via
    slot: int | None


class ImageService:
    """Builds and signs images, and finds those that deployments deliver."""

    def __init__(
        self, builds: BuildService, store: Store, boards: BoardTable, key_name: str = "default"
    ) -> None:
        self._builds = builds
        self._store = store
        self._boards = boards
        self._key_name = key_name

    def profiles(self, hardware: HardwareReport, board: str | None) -> tuple[CompileProfile, ...]:
        """Return the profiles to try; raises `UnknownHardware` or `NoBackend`."""
        return choose_profile(target_for(hardware, self._boards, board))

    async def build(self, model: str, place: Place) -> ImageRecord:
        """Return the signed image of the first variant and objective that fit.

        Raises the `CompileError` it ended with - for `DoesNotFit` that of the
        closest miss - or `StoreError`.
        """
        key = await asyncio.to_thread(self._store.keys.load, self._key_name)
        _require_trust(place.hardware, key)
        entry = await asyncio.to_thread(self._store.zoo.get, model)
        where = self._where(place)
        misses: list[DoesNotFit] = []
        for variant, profile in self._candidates(entry, place):
            data = await asyncio.to_thread(self._store.zoo.read, model, variant)
            kind, stored_kind = _KINDS[place.via]
            added = overhead(stored_kind, profile.target.name, model)
            spec = BuildSpec(data, profile, where, kind, added)
            try:
                artifact = await self._builds.artifact(spec, model)
            except DoesNotFit as miss:
                misses.append(miss)
            except UnsupportedModel:
                if not misses:
                    raise
            else:
                signed = await asyncio.to_thread(self._sign, artifact, model, where, place, key)
                return replace(signed, objective=str(profile.objective))
        raise closest(misses)

    async def stored(self, reference: str) -> ImageRecord:
        """Return what is known of a stored firmware, `name@version`; raises `StoreError`."""
        name, version = split_reference(reference)
        entry = await asyncio.to_thread(self._store.firmware.get, name, version)
        facts = ImageFacts(
            size=entry.size,
            image_hash=bytes.fromhex(entry.image_hash) if entry.image_hash else None,
            version=entry.version,
            reports=entry.reports,
        )
        return ImageRecord(facts=facts, version=entry.version, flash=entry.size)

    async def bytes_of(self, deployment: DeploymentRecord) -> bytes:
        """Return the image that a deployment delivers; raises `StoreError`."""
        request, image = deployment.request, deployment.image
        if request.firmware is not None:
            name, version = split_reference(request.firmware)
            return await asyncio.to_thread(self._store.firmware.read, name, version)
        if image is None or image.build is None or image.key_hash is None or request.model is None:
            raise InvalidInput(f"deployment {deployment.id} has no image yet")
        key_hash = bytes.fromhex(image.key_hash)
        return await asyncio.to_thread(
            self._store.artifacts.image, image.build, key_hash, image.version, request.model
        )

    async def self_test_of(self, deployment: DeploymentRecord) -> SelfTestPlan:
        """Return the self-test, with as many vectors as go over the air; raises `StoreError`."""
        if deployment.image is None or deployment.image.build is None:
            return SelfTestPlan()
        artifact = await asyncio.to_thread(self._store.artifacts.get, deployment.image.build)
        return SelfTestPlan(vectors_for_the_air(artifact.vectors), keeps_state(artifact))

    def _candidates(self, entry: Model, place: Place) -> Iterator[tuple[str, CompileProfile]]:
        names = sorted(
            (variant.name for variant in entry.variants),
            key=lambda name: (name != _PREFERRED_VARIANT, name),
        )
        for name in names:
            for profile in self.profiles(place.hardware, place.board):
                yield name, profile

    def _where(self, place: Place) -> Slot | FirmwareMap:
        if place.slot is None:
            return firmware_map_for(place.hardware, self._boards, place.board)
        return slot_for(place.hardware, self._boards, place.board, instance=place.slot)

    def _sign(
        self,
        artifact: Artifact,
        model: str,
        where: Slot | FirmwareMap,
        place: Place,
        key: SigningKey,
    ) -> ImageRecord:
        version = version_of(artifact)
        meta = ImageMeta(
            kind=_KINDS[place.via][1],
            version=version,
            target=artifact.target,
            model_name=model,
            model_sha256=bytes.fromhex(artifact.model_sha256),
            slot=_image_slot(where.slot if isinstance(where, FirmwareMap) else where),
        )
        image = self._store.artifacts.signed(artifact.key, key, meta)
        flash, ram = sizes(artifact)
        text = str(version)
        facts = ImageFacts(
            size=len(image),
            image_hash=image_hash(image),
            version=text,
            reports=text,
            testable=bool(artifact.vectors),
        )
        return ImageRecord(
            facts=facts,
            version=text,
            build=artifact.key,
            key_hash=key.key_hash.hex(),
            target=artifact.target,
            flash=flash,
            ram=ram,
        )


def version_of(artifact: Artifact) -> ImageVersion:
    """Return the version an artifact is signed with: 1.0.0 and 32 bits of its build key.

    So that another build is another version, and the same build the same image.
    """
    return ImageVersion(1, 0, 0, int(artifact.key[:8], 16))


def vectors_for_the_air(vectors: Vectors) -> Vectors:
    """Return the first vectors: at least 3, and as many as 64 KiB of input allow up to 8."""
    longest = max((len(given) for given, _ in vectors), default=0)
    count = min(_MOST, max(_FEWEST, _MOST_BYTES // max(1, longest)))
    return vectors[:count]


def split_reference(reference: str) -> tuple[str, str]:
    """Return name and version of `name@version`; raises `InvalidInput`."""
    name, at, version = reference.rpartition("@")
    if not at or not name or not version:
        raise InvalidInput(f"{reference!r} names no stored firmware; write it as name@version")
    return name, version


def _image_slot(slot: Slot) -> ImageSlot:
    return ImageSlot(
        load=slot.load,
        size=slot.size,
        arena=slot.arena,
        arena_size=slot.arena_size,
        state=slot.state,
        state_size=slot.state_size,
        data=slot.data,
    )


def _require_trust(hardware: HardwareReport, key: SigningKey) -> None:
    trusted = hardware.signing_key_hash
    if trusted and trusted != key.key_hash:
        raise UntrustedKey(
            f"the device trusts signing key {trusted.hex()[:16]} (26241/9), ours is"
            f" {key.key_hash.hex()[:16]}: provision the device with it, or sign with its key"
        )
