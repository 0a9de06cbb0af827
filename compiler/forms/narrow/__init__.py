"""Forms for cores whose multiplier gives 32 bits (no `long-multiply`): two weights to a word."""

from ..form import Forms

FORMS: Forms = {}
"""By operator, the most special first."""
