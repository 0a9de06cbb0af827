"""Ids that nobody can foresee."""

from collections.abc import Callable
from typing import Final

_BYTES: Final = 6
_AT_ONCE: Final = 256


class RandomIds:
    """Gives ids of twelve hexadecimal digits.

    Entropy is drawn for many at once: a fleet that registers would else spend as much on
    drawing it as on being registered.
    """

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy
        self._ids: list[str] = []

    def __call__(self) -> str:
        """Return an id."""
        if not self._ids:
            drawn = self._entropy(_BYTES * _AT_ONCE).hex()
            digits = 2 * _BYTES
            self._ids = [drawn[at : at + digits] for at in range(0, len(drawn), digits)]
        return self._ids.pop()
