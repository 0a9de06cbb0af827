"""What can stop a conversion.

CompileError
└── ConversionError
    ├── NotInstalled       the extra `convert` is absent
    ├── UnreadableSource   the file is no model of the formats that are read
    ├── UnsupportedSource  a model that is read and cannot become a .tflite file
    └── UnfitData          data that does not belong to the model, or an option that lacks data

Like all of CompileError's they travel as JSON by their `kind`, which none shares.
"""

from typing import ClassVar

from ..errors import CompileError


class ConversionError(CompileError):
    """A conversion that ends without a file; the text is written for the user."""

    kind: ClassVar[str] = "not converted"


class NotInstalled(ConversionError):
    """The extra `convert` is absent."""

    kind = "not installed"


class UnreadableSource(ConversionError):
    """The file is no model of the formats that are read."""

    kind = "unreadable source"


class UnsupportedSource(ConversionError):
    """A model that is read and cannot become a .tflite file; names what is in the way."""

    kind = "unsupported source"


class UnfitData(ConversionError):
    """Data that does not belong to the model, or an option that lacks the data it needs."""

    kind = "unfit data"
