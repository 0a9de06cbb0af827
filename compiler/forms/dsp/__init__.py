"""Forms for cores with two 16-bit multiplications per instruction (`dsp`)."""

from ..form import Forms

FORMS: Forms = {}
"""By operator, the most special first."""
