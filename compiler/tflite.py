"""The reader of .tflite files: bytes in, `Graph` out, hostile bytes expected."""

from .graph import Graph


def read(data: bytes) -> Graph:
    """Return the graph of a .tflite file.

    Raises InvalidModel for bytes that are no model or one that contradicts
    itself, UnsupportedModel for what this compiler does not serve; nothing else.
    Memory and time are bounded by the size of the file.
    """
    raise NotImplementedError
