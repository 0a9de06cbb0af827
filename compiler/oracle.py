"""The reference: TensorFlow Lite Micro's interpreter, from the `tflite-micro` wheel."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Sequence
from typing import Any, BinaryIO

from numpy.typing import NDArray

from .border import TensorDetails
from .errors import CompileError, NoOracle, UnsupportedModel
from .interpreter import CONTINUE, DONE, RESET, read_frame, write_frame
from .job import error_from_json
from .vectors import pack, unpack

_INTERPRETER = (sys.executable, "-P", "-m", "compiler.interpreter")
_LAST_WORDS = 400


class Oracle:
    """A model in the reference interpreter, reset before every run that does not continue.

    The interpreter is a process of its own, for it may abort on a hostile model, and
    does so on inputs for which its arithmetic is undefined. The process ends with
    this object.
    """

    inputs: tuple[TensorDetails, ...]
    outputs: tuple[TensorDetails, ...]

    def __init__(self, model: bytes, interpreter: Sequence[str] = _INTERPRETER) -> None:
        """Raise `NoOracle` without the wheel, `UnsupportedModel` where it refuses the model.

        `interpreter` is the command to run; another one stands in for it in tests.
        """
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by `_end`
        self._process = subprocess.Popen(  # noqa: S603 -- our own argument vector, no shell
            interpreter,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            # A start without a thread per core for numpy's BLAS, which nothing here uses.
            env={"OPENBLAS_NUM_THREADS": "1", **os.environ},
        )
        self.close = weakref.finalize(self, _end, self._process, self._stderr)
        border = json.loads(self._ask(model, "the model"))
        self.inputs, self.outputs = (
            tuple(TensorDetails.from_json(row) for row in border[side])
            for side in ("inputs", "outputs")
        )

    @property
    def aborted(self) -> bool:
        """Whether the interpreter has ended: its arithmetic was undefined on the latest input."""
        return self._process.poll() is not None

    def run(self, inputs: Sequence[NDArray[Any]], *, proceed: bool = False) -> list[NDArray[Any]]:
        """Return the outputs for inputs of the model's own shapes and types.

        What the model keeps from run to run is as after a reset, or, to `proceed`, as the run
        before has left it. Raises `UnsupportedModel` where the interpreter fails.
        """
        order = (CONTINUE if proceed else RESET) + pack(inputs)
        return unpack(self._ask(order, "an input of the model"), self.outputs)

    def _ask(self, question: bytes, what: str) -> bytes:
        sent, answers = self._process.stdin, self._process.stdout
        if sent is None or answers is None:
            raise RuntimeError("the interpreter was started without pipes")
        said_before = self._said()
        try:
            write_frame(sent, question)
            answer = read_frame(answers)
        except BrokenPipeError:
            answer = None
        if answer is None:
            raise self._death(what, said_before)
        if answer[:1] != DONE:
            raise error_from_json(json.loads(answer[1:]))
        return answer[1:]

    def _said(self) -> int:
        """Return how many bytes the interpreter has said."""
        return os.fstat(self._stderr.fileno()).st_size

    def _death(self, what: str, said_before: int) -> CompileError:
        status = self._process.wait()
        first = max(said_before, self._said() - _LAST_WORDS)
        words = os.pread(self._stderr.fileno(), _LAST_WORDS, first)
        said = " ".join(words.decode("utf-8", "replace").split())
        if status >= 0:  # no model makes it leave of its own accord
            return NoOracle(f"the reference interpreter ended with status {status}: {said}")
        how, why = signal.Signals(-status).name, said or "it defines no output there"
        return UnsupportedModel(f"TensorFlow Lite Micro gave up on {what} ({how}): {why}")


def _end(process: subprocess.Popen[bytes], stderr: BinaryIO) -> None:
    process.kill()
    process.communicate()
    stderr.close()
