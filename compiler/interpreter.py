"""The reference interpreter as a process of its own: `python -m compiler.interpreter`.

On a hostile model, and on inputs for which its arithmetic is undefined, the interpreter
aborts. Apart, it takes nobody along; `compiler.oracle` is what starts it.

stdin and stdout carry frames: 32 bits of length, little endian, then that many bytes.
The first frame in is the model, each later one `R` or `C`, to reset before a run or to
continue, and the packed inputs of the run. Each is answered by one frame: `+` and the tensors
of the border as JSON, or the packed outputs; or `-` and an error as JSON. stderr must be a
file, which is read back.
"""

import json
import os
import struct
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np

from .border import TensorDetails
from .errors import CompileError, NoOracle, UnsupportedModel
from .job import error_to_json
from .vectors import pack, unpack

DONE, FAILED = b"+", b"-"
RESET, CONTINUE = b"R", b"C"

_ARENAS = tuple(1 << power for power in (18, 21, 24, 26, 28))
_MESSAGE = 2000


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Return the next frame; None at the end, in the middle of one too."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (size,) = struct.unpack("<I", head)
    frame = stream.read(size)
    return frame if len(frame) == size else None


def write_frame(stream: IO[bytes], frame: bytes) -> None:
    """Write one frame at once."""
    stream.write(struct.pack("<I", len(frame)) + frame)
    stream.flush()


class _Session:
    """One model, and what is said of it on stderr."""

    def __init__(self, model: bytes) -> None:
        """Raise `NoOracle` without the wheel, `UnsupportedModel` where it refuses the model."""
        self._heard = 0
        self._interpreter = self._open(model)
        self._inputs = tuple(_details(self._interpreter.get_input_details))
        self._outputs = tuple(_details(self._interpreter.get_output_details))

    def border(self) -> bytes:
        """Return the tensors of inputs and outputs as JSON."""
        sides = {"inputs": self._inputs, "outputs": self._outputs}
        told = {side: [one.to_json() for one in tensors] for side, tensors in sides.items()}
        return json.dumps(told).encode()

    def run(self, order: bytes) -> bytes:
        """Return the packed outputs for packed inputs, as `order` says after a reset or not."""
        inputs = order[1:]
        try:
            if order[:1] == RESET:
                self._interpreter.reset()
            for index, array in enumerate(unpack(inputs, self._inputs)):
                self._interpreter.set_input(array, index)
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise self._refusal(error, self._said()) from error
        return pack([self._interpreter.get_output(index) for index in range(len(self._outputs))])

    def _open(self, model: bytes) -> Any:
        """Return an interpreter with an arena grown until the model's tensors have a place."""
        try:
            from tflite_micro.python.tflite_micro import runtime  # noqa: PLC0415
        except ImportError as error:
            raise NoOracle(
                "the package `tflite-micro`, which proves builds, cannot be loaded on this host"
                f" ({sys.platform}): {error}"
            ) from error
        for size in _ARENAS:
            try:
                return runtime.Interpreter.from_bytes(model, arena_size=size)
            except Exception as error:
                said = self._said()
                if "missing: " not in said or size == _ARENAS[-1]:
                    raise self._refusal(error, said) from error
        raise AssertionError

    def _said(self) -> str:
        """Return what the interpreter has said on stderr since the last call."""
        sys.stderr.flush()
        text = os.pread(2, 1 << 16, self._heard)
        self._heard += len(text)
        return text.decode("utf-8", "replace")

    @staticmethod
    def _refusal(error: Exception, said: str) -> UnsupportedModel:
        text = " ".join(said.split())[-_MESSAGE:] or str(error)
        return UnsupportedModel(f"TensorFlow Lite Micro refuses the model: {text}")


def _details(of: Callable[[int], dict[str, Any]]) -> Iterator[TensorDetails]:
    index = 0
    while True:
        try:
            told = of(index)
        except IndexError:
            return
        quantization = told["quantization_parameters"]
        scales, zero_points = quantization["scales"], quantization["zero_points"]
        yield TensorDetails(
            tuple(int(extent) for extent in told["shape"]),
            np.dtype(told["dtype"]),
            float(scales[0]) if len(scales) else 0.0,
            int(zero_points[0]) if len(zero_points) else 0,
        )
        index += 1


def main() -> int:
    """Answer frames until there are no more."""
    # What libraries print must not get among the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    session: _Session | None = None
    with answers:
        while (frame := read_frame(sys.stdin.buffer)) is not None:
            try:
                if session is None:
                    session = _Session(frame)
                    answer = session.border()
                else:
                    answer = session.run(frame)
                write_frame(answers, DONE + answer)
            except CompileError as error:
                write_frame(answers, FAILED + json.dumps(error_to_json(error)).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
