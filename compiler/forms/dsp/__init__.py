"""Forms for cores with two 16-bit multiplications per instruction (`dsp`)."""

from ...graph import OperatorCode
from ..form import Forms
from .convolution import PAIRS, ROWS
from .depthwise import PIXELS, PLANES

FORMS: Forms = {
    OperatorCode.CONV_2D: (PAIRS, ROWS),
    OperatorCode.DEPTHWISE_CONV_2D: (PLANES, PAIRS, ROWS, PIXELS),
    OperatorCode.FULLY_CONNECTED: (PAIRS, ROWS),
}
"""By operator, the most special first."""
