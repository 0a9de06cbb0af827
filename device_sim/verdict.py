"""Whether a device may run an image: every check, in the order that tells most."""

from dataclasses import dataclass

from .board import Board, ImagePlace
from .client.model_slot import Content
from .errors import InvalidImage, Why
from .image import Image, Kind, Tag, TrustedKey
from .table import OFFSET_IN_FIRMWARE, Table


@dataclass(frozen=True, slots=True)
class Accepted:
    """An image that the device may run; `table` is there where it holds a model."""

    image: Image
    table: Table | None

    @property
    def content(self) -> Content | None:
        """What the device tells of the model inside."""
        if self.table is None:
            return None
        image = self.image
        return Content(image.model_name or "", str(image.version), image.sha256)


def judge(data: bytes, key: TrustedKey, board: Board, place: ImagePlace, kind: Kind) -> Accepted:
    """Return the image that `data` begins with if it may run at `place`.

    Raises `InvalidImage` that carries why: integrity, signature, kind, target,
    place, space, memory.
    """
    image = Image.read(data)
    key.check(image)
    if image.kind != kind:
        raise InvalidImage(Why.WRONG_KIND, f"an image of kind {image.kind}, not {kind.name}")
    _check_target(image, board)
    if image.load != place.load.address or image.slot != place.identity:
        raise InvalidImage(
            Why.WRONG_TARGET,
            f"linked for {image.load:#x} {image.slot}, this place is {place.identity}",
        )
    if image.size > place.load.size:
        raise InvalidImage(Why.NO_SPACE, f"{image.size} B in a place of {place.load.size} B")
    return Accepted(image, _table(image, board, place, kind))


def _check_target(image: Image, board: Board) -> None:
    core, *features = (image.target or "").split("+")
    if core != board.core or not set(features) <= set(board.features):
        here = "+".join((board.core, *board.features))
        raise InvalidImage(Why.WRONG_TARGET, f"compiled for {image.target}, this is {here}")


def _table(image: Image, board: Board, place: ImagePlace, kind: Kind) -> Table | None:
    """Return the checked table; None for a firmware that says it has no model."""
    if kind is Kind.FIRMWARE and Tag.MODEL_SHA256 not in image.protected:
        return None
    table = Table.read(image.payload, OFFSET_IN_FIRMWARE if kind is Kind.FIRMWARE else 0)
    table.check(
        place,
        image.code,
        thumb=board.core.startswith("cortex-m"),
        hard_float=any(feature.startswith("fpv") for feature in board.features),
    )
    return table
