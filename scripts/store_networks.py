"""Stores facts about every registered network in nets/catalogue/data, for nets/catalogue/stored.py.

Run it from the repository after a change to the networks: `python -m scripts.store_networks`. It
builds each network once (one to ten seconds each) and prints what it found.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

from slimhub import nets
from slimhub.cli.argument_refusals import RefusingParser
from slimhub.common.text import count
from slimhub.nets.catalogue import tables

if TYPE_CHECKING:
    import tensorflow as tf


def build(spec: nets.NetworkSpec) -> tuple[tf.Graph, dict[str, tf.Tensor]]:
    """The inference graph for one image of the default size, with logits, and its endpoints."""
    import tensorflow as tf

    from slimhub.nets.layers import trunk
    from slimhub.nets.layers.plain_variables import plain_variables

    with tf.Graph().as_default() as graph, plain_variables():
        images = tf.compat.v1.placeholder(tf.float32, [1, *spec.image_shape])
        endpoints = trunk.build_network(
            spec,
            images,
            num_classes=spec.num_classes,
            is_training=False,
            batch_norm_momentum=0.0,
        )
    return graph, endpoints


def variable_shapes(graph: tf.Graph) -> dict[str, list[int]]:
    """Shapes of a graph's variables, by name."""
    import tensorflow as tf

    variables = graph.get_collection(tf.compat.v1.GraphKeys.GLOBAL_VARIABLES)
    return {variable.op.name: variable.shape.as_list() for variable in variables}


def endpoint_shapes(endpoints: dict[str, tf.Tensor]) -> dict[str, list[int]]:
    """Shapes of endpoints by name, without the batch dimension, in order."""
    return {name: tensor.shape.as_list()[1:] for name, tensor in endpoints.items()}


def _write(name: str, content: dict[str, object]) -> None:
    text = json.dumps(content, separators=(",", ":")).encode()
    path = Path(tables.__file__).parent / name
    path.write_bytes(gzip.compress(text, mtime=0))
    print(f"{path.name}: {path.stat().st_size} bytes")


def main() -> None:
    """Builds all networks and writes the files."""
    RefusingParser(description=__doc__.splitlines()[0]).parse_args()
    from slimhub.export.savedmodel import graph_figures  # imports TensorFlow

    variables, graphs = {}, {}
    for name in nets.names():
        graph, endpoints = build(nets.get(name))
        variables[name] = variable_shapes(graph)
        graphs[name] = {
            "macs": graph_figures.count_macs(graph),
            "endpoints": endpoint_shapes(endpoints),
        }
        print(
            f"{name}: {count(len(variables[name]), 'variable')}, "
            f"{count(len(endpoints), 'endpoint')}, {graphs[name]['macs']:,} multiply-adds"
        )
    _write(tables.VARIABLES, variables)
    _write(tables.GRAPHS, graphs)


if __name__ == "__main__":
    main()
