"""Stores facts of every registered network in nets/catalogue/data, for nets/catalogue/stored.py.

Run it after a change to the networks, from the repository: `python -m scripts.store_networks`.
It builds each network once (one to ten seconds each) and prints what it found.
"""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import tensorflow as tf

from slimhub import nets
from slimhub.nets.catalogue import stored
from slimhub.nets.layers import trunk

# Operations that multiply by weights: each weight once at every position of the output.
_COUNTED = ("Conv2D", "DepthwiseConv2dNative", "MatMul")


def build(spec: nets.NetworkSpec) -> tuple[tf.Graph, dict[str, tf.Tensor]]:
    """The inference graph for one image of the default size, with logits, and its endpoints."""
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [1, spec.image_size, spec.image_size, 3])
        endpoints = trunk.build_network(
            spec,
            images,
            num_classes=spec.num_classes,
            is_training=False,
            batch_norm_momentum=0.0,
        )
    return graph, endpoints


def variable_shapes(graph: tf.Graph) -> dict[str, list[int]]:
    """Shapes by name of the variables of a graph."""
    variables = graph.get_collection(tf.compat.v1.GraphKeys.GLOBAL_VARIABLES)
    return {variable.op.name: variable.shape.as_list() for variable in variables}


def endpoint_shapes(endpoints: dict[str, tf.Tensor]) -> dict[str, list[int]]:
    """Shapes by name of endpoints, without the batch, in their order."""
    return {name: tensor.shape.as_list()[1:] for name, tensor in endpoints.items()}


def count_macs(graph: tf.Graph) -> int:
    """Counts the multiply-adds of a graph, as papers on mobile networks do.

    Counted are convolutions, depthwise convolutions and matrix products, those of squeeze-excite
    and of the logits among them; where a window hangs over the edge, the zeros count as well.
    Not counted are biases, batch norm, activations, gates, residual sums, pooling and softmax.

    Args:
      graph: of known shapes, the batch's among them; images are [batch, height, width, channels].

    Returns:
      Multiply-adds, a multiplication and an addition being one, of the graph's whole batch.
    """
    total = 0
    for operation in graph.get_operations():
        if operation.type in _COUNTED:
            positions = math.prod(operation.outputs[0].shape.as_list()[:-1])
            total += positions * math.prod(operation.inputs[1].shape.as_list())
    return total


def _write(name: str, tables: dict[str, object]) -> None:
    text = json.dumps(tables, separators=(",", ":")).encode()
    path = Path(nets.__file__).parent / name
    path.write_bytes(gzip.compress(text, mtime=0))
    print(f"{path.name}: {path.stat().st_size} bytes")


def main() -> None:
    """Builds all networks and writes the files."""
    variables, graphs = {}, {}
    for name in nets.names():
        graph, endpoints = build(nets.get(name))
        variables[name] = variable_shapes(graph)
        graphs[name] = {"macs": count_macs(graph), "endpoints": endpoint_shapes(endpoints)}
        print(
            f"{name}: {len(variables[name])} variables, {len(endpoints)} endpoints, "
            f"{graphs[name]['macs']:,} multiply-adds"
        )
    _write(stored.VARIABLES, variables)
    _write(stored.GRAPHS, graphs)


if __name__ == "__main__":
    main()
