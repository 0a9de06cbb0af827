"""Forms for cores that multiply one pair at a time, blocked to load each value once."""

from ...graph import OperatorCode
from ..form import Forms
from . import conv_2d, depthwise_conv_2d, fully_connected

FORMS: Forms = {
    OperatorCode.CONV_2D: (conv_2d.FORM,),
    OperatorCode.DEPTHWISE_CONV_2D: (depthwise_conv_2d.FORM,),
    OperatorCode.FULLY_CONNECTED: (fully_connected.FORM,),
}
"""By operator, the most special first."""
