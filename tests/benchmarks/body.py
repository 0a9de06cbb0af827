"""The body that is pushed and pulled, as `load/pullers.c` expects it."""

_PERIOD = bytes((number * 31 % 251 + 7) % 251 for number in range(251))


def body(size: int) -> bytes:
    """Return so many bytes."""
    return (_PERIOD * (size // len(_PERIOD) + 1))[:size]
