"""Print what is served: `python -m compiler.ops > SUPPORTED_OPS.md`."""

import sys

from .table import supported_operators

sys.stdout.write(supported_operators())
