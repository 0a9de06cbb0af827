"""Forms for cores with two 16-bit multiplications per instruction (`dsp`)."""

from ...graph import OperatorCode
from ..form import Forms
from .convolution import PAIRS, ROWS
from .depthwise import PIXELS, PLANES
from .pools import AVERAGE_POOL_2D, MAX_POOL_2D

FORMS: Forms = {
    OperatorCode.AVERAGE_POOL_2D: (AVERAGE_POOL_2D,),
    OperatorCode.CONV_2D: (PAIRS, ROWS),
    OperatorCode.DEPTHWISE_CONV_2D: (PLANES, PAIRS, ROWS, PIXELS),
    OperatorCode.FULLY_CONNECTED: (PAIRS, ROWS),
    OperatorCode.MAX_POOL_2D: (MAX_POOL_2D,),
}
"""By operator, the most special first."""
