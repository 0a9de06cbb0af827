"""From a planned graph to C."""

from .emitted import Emitted, OperatorRecord, TensorRecord
from .model import emit

__all__ = ["Emitted", "OperatorRecord", "TensorRecord", "emit"]
