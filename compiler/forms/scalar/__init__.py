"""Forms for cores that multiply one pair at a time, blocked to load each value once."""

from ..form import Forms

FORMS: Forms = {}
"""By operator, the most special first."""
