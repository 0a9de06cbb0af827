"""Artifacts, models, images and keys, kept on the file system."""

from .artifacts import Artifact
from .errors import StoreError
from .firmware import Firmware, FirmwareFormat
from .image import ImageInfo, ImageKind, ImageMeta, ImageSlot, ImageVersion
from .keys import SigningKey
from .store import Store
from .vectors import Vectors
from .zoo import Model, ModelVariant

__all__ = [
    "Artifact",
    "Firmware",
    "FirmwareFormat",
    "ImageInfo",
    "ImageKind",
    "ImageMeta",
    "ImageSlot",
    "ImageVersion",
    "Model",
    "ModelVariant",
    "SigningKey",
    "Store",
    "StoreError",
    "Vectors",
]
