"""ONNX models node by node, as exporters write them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass
class OnnxBuilder:
    """A graph that grows: inputs, nodes with their constants, outputs; then a file."""

    path: Path
    opset: int = 17
    nodes: list[Any] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    inputs: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(3))

    def input(self, name: str, *shape: int | str) -> str:
        self.inputs[name] = shape
        return name

    def draw(self, *shape: int) -> Array:
        return self.random.uniform(-1, 1, shape).astype(np.float32)

    def node(self, operator: str, *inputs: Any, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; arrays among the inputs become constants. Return its outputs' names."""
        from onnx import helper

        number = len(self.nodes)
        names = [self._name(given, f"c{number}_{place}") for place, given in enumerate(inputs)]
        made = [f"v{number}_{place}" for place in range(outputs)]
        domain = attributes.pop("domain", "")
        self.nodes.append(helper.make_node(operator, names, made, domain=domain, **attributes))
        return made[0] if outputs == 1 else made

    def conv(self, given: str, filters: int, channels: int, *kernel: int, **attributes: Any) -> Any:
        return self.node(
            "Conv", given, self.draw(filters, channels, *kernel), self.draw(filters), **attributes
        )

    def save(self, *outputs: str) -> Path:
        from onnx import TensorProto, helper, numpy_helper, save, shape_inference

        graph = helper.make_graph(
            self.nodes,
            "graph",
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in self.inputs.items()
            ],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items()],
        )
        domains = {node.domain for node in self.nodes} - {""}
        opsets = [helper.make_opsetid("", self.opset)]
        opsets += [helper.make_opsetid(domain, 1) for domain in domains]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        model = shape_inference.infer_shapes(model)
        for made in model.graph.output:  # the checker wants a shape of what it cannot infer
            if not made.type.tensor_type.HasField("shape"):
                made.type.tensor_type.shape.dim.add()
        save(model, self.path)
        return self.path

    def _name(self, given: Any, name: str) -> str:
        if isinstance(given, str):
            return given
        self.constants[name] = np.asarray(given)
        return name
