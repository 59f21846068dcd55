"""Finds the constants of a graph that were variables, and checks that they fit a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from slimhub.checkpoints import source_files
from slimhub.common.errors import CheckpointError
from slimhub.common.quiet_tensorflow import imported

_MAX_BYTES = {".pb": (2 << 30) - 1, ".pbtxt": 1 << 29}  # size limit of protocol buffers
# `freeze_graph` keeps the op that read the variable behind the constant.
_READING = re.compile(r"/read$|ReadVariableOp(_\d+)?$")
_WEIGHT = re.compile(
    r"/(weights|biases|depthwise_weights|pointwise_weights|kernel|bias|gamma|beta"
    r"|moving_mean|moving_variance)(/ExponentialMovingAverage)?$"
)
_OFFSET = re.compile(r"_bn_offset$")  # what TensorFlow's own folding leaves of a batch norm
_QUANTIZED = ("Dequantize", "QuantizeV2", "QuantizedConv2D", "QuantizedBiasAdd")
_VARIABLES = ("VariableV2", "VarHandleOp", "Variable")


def parse(path: Path) -> Any:
    """Reads the GraphDef in a file, as proto or text depending on the file's suffix.

    Args:
      path: ends in `.pb` or `.pbtxt`.

    Raises:
      CheckpointError: if the file is damaged or too large.
    """
    content = source_files.read(path, _MAX_BYTES[path.suffix])
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    graph = imported().compat.v1.GraphDef()
    try:
        if path.suffix == ".pb":
            graph.ParseFromString(content)
        else:
            text_format.Parse(content.decode(), graph)
        if len({node.name for node in graph.node}) < len(graph.node):
            raise ValueError("two nodes have the same name")
    except (DecodeError, text_format.ParseError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{path.name} is damaged, or not a TensorFlow graph: copy or download it again"
        ) from error
    return graph


def find_names(graph: Any) -> set[str]:
    """Names of the constants that were variables.

    Args:
      graph: a GraphDef.
    """
    read = {
        node.input[0].split(":")[0]
        for node in graph.node
        if node.op == "Identity" and _READING.search(node.name) and node.input
    }
    constants = {node.name for node in graph.node if node.op == "Const"}
    return {name for name in constants if name in read or _WEIGHT.search(name)}


def complain(graph: Any, weights: set[str]) -> str:
    """Why a graph cannot fill a network, as the end of a sentence; empty if it can.

    Args:
      graph: a GraphDef.
      weights: names of its constants that were variables.
    """
    if any(node.op in _QUANTIZED for node in graph.node):
        return (
            "is a quantized graph, whose weights have lost precision: export the checkpoint it "
            "was made from"
        )
    if not weights and any(node.op in _VARIABLES for node in graph.node):
        return (
            "is a graph without values: export the checkpoint of the same training, or a "
            "frozen graph"
        )
    if not weights:
        return "is a graph without weights under the names of variables: export a checkpoint"
    names = [node.name for node in graph.node]
    had_norms = any("BatchNorm" in name for name in names)
    has_norms = any("/moving_variance" in name for name in weights)
    if (had_norms and not has_norms) or any(map(_OFFSET.search, names)):
        return (
            "is a graph whose batch norms were folded into the convolutions, which cannot be "
            "undone: export the checkpoint it was made from"
        )
    return ""
