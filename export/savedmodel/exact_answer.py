"""What a network computes in double precision, which comes out alike on every processor.

In single precision the last bits depend on the instructions that kernels use. In double precision
they do too, but a billionth of what is left after rounding: see `rounded`. Imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

_BITS = 18  # of the largest value that are kept: 4e-6 of it
_READS = "ReadVariableOp"
_NORM = "FusedBatchNormV3"  # has no kernel for double precision
_FLOAT, _DOUBLE = tf.float32.as_datatype_enum, tf.float64.as_datatype_enum


def compute(
    function: tf.types.experimental.ConcreteFunction, key: str, batch: np.ndarray
) -> np.ndarray:
    """The output of a function in double precision.

    Args:
      function: of images f32, and of what its output does not depend on, to a dict; without control
        flow and calls of functions.
      key: of the output.
      batch: images f32[batch, height, width, 3].

    Returns:
      The output, f64.

    Raises:
      ValueError: if the function has something that has no counterpart in double precision.
    """
    graph = function.graph
    output = graph.structured_outputs[key].name
    variables = _variables(function)
    nodes = _needed(graph.as_graph_def(), output.partition(":")[0])
    images = function.inputs[0].op.name
    values = {node.name: variables[node.input[0]] for node in nodes if node.op == _READS}
    converted = tf.compat.v1.GraphDef(versions=graph.as_graph_def().versions)
    for node in nodes:
        converted.node.extend(_converted(node))
    given = {name: value.numpy() for name, value in values.items()} | {images: batch}
    feeds = {f"{name}:0": value.astype(np.float64) for name, value in given.items()}
    try:
        return _run(converted, output, feeds)
    except (tf.errors.OpError, ValueError) as error:
        raise ValueError("the network has an operation without double precision") from error


def rounded(output: np.ndarray) -> np.ndarray:
    """An output as f32, with so few bits that other processors get the same.

    The grid is 2^-18 of the largest magnitude. Of a thousand values that are off by 1e-13 of it,
    one falls on the other side of a point halfway in 3 of 100,000 outputs.

    Args:
      output: f64.
    """
    largest = float(np.abs(output).max())
    if not np.isfinite(largest) or largest == 0:
        return output.astype(np.float32)
    grid = 2.0 ** (int(np.frexp(largest)[1]) - _BITS)
    found: np.ndarray = (np.rint(output / grid) * grid).astype(np.float32)
    return found


def _variables(function: tf.types.experimental.ConcreteFunction) -> dict[str, Any]:
    """Variables by the names of the placeholders that stand for them."""
    by_handle = {id(variable.handle): variable for variable in function.graph.variables}
    return {
        inner.op.name: by_handle[id(outer)]
        for outer, inner in function.graph.captures
        if id(outer) in by_handle
    }


def _needed(graph: Any, output: str) -> list[Any]:
    """The nodes that an output depends on, in the order of the graph."""
    by_name = {node.name: node for node in graph.node}
    found, waiting = set(), [output]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if by_name[name].op != _READS:
            waiting += [text.lstrip("^").partition(":")[0] for text in by_name[name].input]
    return [node for node in graph.node if node.name in found]


def _is_float(node: Any) -> bool:
    return bool(node.attr["dtype"].type == _FLOAT)


def _converted(node: Any) -> Iterator[Any]:
    """Nodes in double precision that compute what a node does."""
    if node.op == _NORM:
        yield from _norm(node)
        return
    made = type(node)()
    made.CopyFrom(node)
    if node.op == _READS:
        made.Clear()
        made.name, made.op = node.name, "Placeholder"
        made.attr["dtype"].type = _DOUBLE
    elif node.op == "Const" and _is_float(node):
        value = tf.make_ndarray(node.attr["value"].tensor).astype(np.float64)
        made.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    for attribute in made.attr.values():
        if attribute.type == _FLOAT:
            attribute.type = _DOUBLE
        if attribute.HasField("func"):
            raise ValueError(f"{node.op} calls a function")
    yield made


def _norm(node: Any) -> Iterator[Any]:
    """`(x - mean) * (1 / sqrt(variance + epsilon) * scale) + offset`, under a node's name."""
    if node.attr["is_training"].b:
        raise ValueError("a batch norm is of training")
    if node.attr["data_format"].s not in (b"", b"NHWC"):
        raise ValueError("a batch norm has channels first")
    images, scale, offset, mean, variance = node.input[:5]

    def made(suffix: str, operation: str, *inputs: str) -> Any:
        new = type(node)(name=node.name + suffix, op=operation, input=inputs)
        new.attr["T"].type = _DOUBLE
        return new

    name = node.name
    epsilon = type(node)(name=f"{name}/exact_epsilon", op="Const")
    epsilon.attr["dtype"].type = _DOUBLE
    value = np.float64(node.attr["epsilon"].f)
    epsilon.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    yield epsilon
    yield made("/exact_variance", "AddV2", variance, epsilon.name)
    yield made("/exact_inverse", "Rsqrt", f"{name}/exact_variance")
    yield made("/exact_factor", "Mul", f"{name}/exact_inverse", scale)
    yield made("/exact_centered", "Sub", images, mean)
    yield made("/exact_scaled", "Mul", f"{name}/exact_centered", f"{name}/exact_factor")
    yield made("", "AddV2", f"{name}/exact_scaled", offset)


def _run(nodes: Any, output: str, feeds: dict[str, np.ndarray]) -> np.ndarray:
    # A session: a pruned function would print all of its inputs for an error that it then handles.
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(nodes, name="")
        with tf.compat.v1.Session(graph=graph) as session:
            answer: np.ndarray = session.run(output, feeds)
    return answer
