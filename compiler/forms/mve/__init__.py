"""Forms for cores with Helium (`mve`): vectors of 16 bytes, predicated tails."""

from ..form import Forms

FORMS: Forms = {}
"""By operator, the most special first."""
