"""Machine code on cores that QEMU emulates and nobody else: proven as on the emulated core."""

from .image import QemuImage

__all__ = ["QemuImage"]
