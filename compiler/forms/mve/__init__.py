"""Forms for cores with Helium (`mve`): vectors of 16 bytes, predicated tails."""

from ...graph import OperatorCode
from ..form import Forms
from . import conv_2d, depthwise_conv_2d, fully_connected, sums

FORMS: Forms = {
    OperatorCode.ADD: (sums.FORM,),
    OperatorCode.CONV_2D: (conv_2d.FORM,),
    OperatorCode.DEPTHWISE_CONV_2D: (depthwise_conv_2d.FORM,),
    OperatorCode.FULLY_CONNECTED: (fully_connected.FORM,),
    OperatorCode.SUB: (sums.FORM,),
}
"""By operator, the most special first."""
