"""Forms of two weights to a word, for cores that multiply one pair of numbers at a time."""

from ...graph import OperatorCode
from ..form import Forms
from . import convolution, planes, quantize

FORMS: Forms = {
    OperatorCode.CONV_2D: (convolution.CONV_2D,),
    OperatorCode.DEPTHWISE_CONV_2D: (planes.FORM, convolution.DEPTHWISE_CONV_2D),
    OperatorCode.FULLY_CONNECTED: (convolution.FULLY_CONNECTED,),
    OperatorCode.QUANTIZE: (quantize.FORM,),
}
"""By operator, the most special first."""
