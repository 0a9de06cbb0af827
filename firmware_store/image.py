"""Signed MCUboot images of what we build; the only module that calls imgtool."""

from imgtool.image import Image
from imgtool.keys import Ed25519Public
from imgtool.version import SemiSemVersion

from .errors import InvalidImage
from .image_meta import ImageKind, ImageMeta, ImageSlot, ImageVersion, meta_size, write_meta
from .keys import SigningKey
from .mcuboot import TLV_ENTRY, TLV_INFO, ImageInfo, image_hash, inspect

__all__ = [
    "HEADER_SIZE",
    "ImageInfo",
    "ImageKind",
    "ImageMeta",
    "ImageSlot",
    "ImageVersion",
    "image_hash",
    "inspect",
    "overhead",
    "sign",
]

# A vector table must lie at a multiple of its size, rounded up to a power of two;
# 512 B serve every Cortex-M that has up to 112 interrupts. A module has no vectors.
HEADER_SIZE = {ImageKind.MODULE: 0x20, ImageKind.FIRMWARE: 0x200}

_DIGEST_SIZE = 32
_SIGNATURE_SIZE = 64


def overhead(kind: ImageKind, target: str, model_name: str) -> int:
    """Return the bytes that header and TLVs add to any payload: exactly, not at most."""
    values = (*meta_size(target, model_name), _DIGEST_SIZE, _DIGEST_SIZE, _SIGNATURE_SIZE)
    areas = 2 * TLV_INFO.size
    return HEADER_SIZE[kind] + areas + sum(TLV_ENTRY.size + length for length in values)


def sign(payload: bytes, key: SigningKey, meta: ImageMeta) -> bytes:
    """Return the MCUboot image of `payload`; the same input gives the same bytes.

    Raises `InvalidImage` where the result would exceed its slot or a field.
    """
    size = len(payload) + overhead(meta.kind, meta.target, meta.model_name)
    if not payload:
        raise InvalidImage("an image needs a payload")
    if size > meta.slot.size:
        raise InvalidImage(f"the image is {size} B, its slot {meta.slot.size} B")
    # imgtool lays the image out and says what is to be signed; the private key stays here.
    unsigned = _create(payload, key, meta, bytes(_SIGNATURE_SIZE))
    signed = _create(payload, key, meta, key.private.sign(bytes(unsigned.image_hash)))
    return bytes(signed.payload)


def _create(payload: bytes, key: SigningKey, meta: ImageMeta, signature: bytes) -> Image:
    version = meta.version
    image = Image(
        version=SemiSemVersion(version.major, version.minor, version.revision, version.build),
        header_size=HEADER_SIZE[meta.kind],
        pad_header=True,
        rom_fixed=meta.slot.load,  # linked for there, and run in place
    )
    image.load_compressed(payload, b"")  # imgtool's way to take a payload from memory
    image.create(
        key=None,
        public_key_format="hash",
        enckey=None,
        custom_tlvs=write_meta(meta),
        fixed_sig={"value": signature},
        pub_key=Ed25519Public(key.public),
    )
    return image
