"""Which records of an association came already (RFC 6347 §4.1.2.6)."""

from typing import Final

SIZE: Final = 64


class ReplayWindow:
    """The last 64 sequence numbers: what is older, or came before, is a replay."""

    __slots__ = ("_next", "_seen")

    def __init__(self) -> None:
        self._next = 0  # one above the highest number that came
        self._seen = 0  # bit n: `_next - 1 - n` came

    def replayed(self, sequence: int) -> bool:
        """Whether a number came before, or is too old to tell."""
        age = self._next - 1 - sequence
        return age >= 0 and (age >= SIZE or self._seen >> age & 1 == 1)

    def came(self, sequence: int) -> bool:
        """Note a number, once its record has proven to be genuine; whether it is the newest."""
        ahead = sequence + 1 - self._next
        if ahead > 0:
            self._seen = (self._seen << ahead | 1) & _MASK if ahead < SIZE else 1
            self._next = sequence + 1
            return True
        self._seen |= 1 << -ahead
        return False


_MASK: Final = (1 << SIZE) - 1
