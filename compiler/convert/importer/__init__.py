"""ONNX graphs as Keras models, channels last.

    graph.py      walks the graph, folds constants, gives each node to its function
    operators.py  the table of operators
    value.py      a tensor, and how its axes lie compared with ONNX
    node.py       a node with its attributes, inputs and complaints

Nothing is transposed between operators: each value knows where its axes are. A
physical transpose appears only where ONNX's own order counts (a Reshape that mixes
axes), and for a Flatten before weights not even there: the weights are reordered.
"""

from .graph import Imported, import_model
from .operators import OPERATORS

__all__ = ["OPERATORS", "Imported", "import_model"]
