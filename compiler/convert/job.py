"""A conversion as a process of its own; this half is without TensorFlow."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import IO, Any, Final

from ..job import error_from_json
from .errors import ConversionError, NotInstalled
from .request import ConversionRequest

NEEDED: Final = ("tensorflow", "keras", "onnx", "onnxruntime", "sklearn")
"""What the extra `convert` installs."""
_WORKER: Final = (sys.executable, "-P", "-m", "compiler.convert.worker")
_LAST_WORDS: Final = 600

ENVIRONMENT: Final = {
    # The same sums in the same order, whatever the machine has.
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "KERAS_BACKEND": "tensorflow",
    "TF_USE_LEGACY_KERAS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
"""What a process has to find in its environment before it imports TensorFlow."""


def convert(
    request: ConversionRequest,
    progress: Callable[[str], None] = lambda _: None,
    worker: Sequence[str] = _WORKER,
) -> dict[str, Any]:
    """Convert a model, write the .tflite file, and return the report of `conversion.run`.

    Raises `ConversionError`; then no file has been written. `worker` is the command to
    run; another one stands in for it in tests.
    """
    request.check()
    if not all(importlib.util.find_spec(name) for name in NEEDED):
        raise NotInstalled(
            "conversion needs TensorFlow and ONNX, which are not installed:"
            " pip install 'tinymlaas[convert]'"
        )
    with tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(  # noqa: S603 -- our own argument vector, no shell
            worker,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=os.environ | ENVIRONMENT,
            text=True,
            encoding="utf-8",
        )
        with process:
            try:
                answer = _converse(process, request, progress)
            except BaseException:
                process.kill()
                raise
        if answer is None:
            raise _death(process.returncode, stderr)
    return answer


def _converse(
    process: "subprocess.Popen[str]", request: ConversionRequest, progress: Callable[[str], None]
) -> dict[str, Any] | None:
    """Return the report; None where the process ended without a last line."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the worker was started without pipes")
    try:
        process.stdin.write(json.dumps(request.to_json()))
        process.stdin.close()
    except BrokenPipeError:
        return None
    for line in process.stdout:
        row = json.loads(line)
        if "progress" in row:
            progress(row["progress"])
        elif row["ok"]:
            return dict(row["report"])
        else:
            raise error_from_json(row)
    return None


def _death(status: int, stderr: IO[bytes]) -> ConversionError:
    size = os.fstat(stderr.fileno()).st_size
    words = os.pread(stderr.fileno(), _LAST_WORDS, max(0, size - _LAST_WORDS))
    said = " ".join(words.decode("utf-8", "replace").split())
    how = f"with status {status}" if status >= 0 else f"by {signal.Signals(-status).name}"
    return ConversionError(f"the conversion's process ended {how}; its last words: {said}")
