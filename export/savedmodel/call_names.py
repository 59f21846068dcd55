"""Names the calls of signatures in the main graph as the published modules do."""

from __future__ import annotations

from tensorflow.core.protobuf import saved_model_pb2

from slimhub.export import signature_names


def name_calls(saved: saved_model_pb2.SavedModel) -> None:
    """Makes `StatefulPartitionedCall` the call of `serving_default`, whatever else there is.

    TensorFlow numbers the calls in the alphabetical order of their signatures, but programs in C,
    Go and Java fetch by the name that the published modules have.

    Args:
      saved: changed in place, without changing what it computes.
    """
    for meta_graph in saved.meta_graphs:
        calls = {
            name: _node(next(iter(signature.outputs.values())).name)
            for name, signature in meta_graph.signature_def.items()
            if name in signature_names.ALL
        }
        ordered = [name for name in signature_names.ALL if name in calls]
        numbered = sorted(calls.values(), key=_number)
        names = {calls[name]: new for name, new in zip(ordered, numbered, strict=True)}
        for node in meta_graph.graph_def.node:
            node.name = names.get(node.name, node.name)
            for position, tensor in enumerate(node.input):
                node.input[position] = _renamed(tensor, names)
        for signature in meta_graph.signature_def.values():
            for info in signature.outputs.values():
                info.name = _renamed(info.name, names)


def _number(call: str) -> int:
    """TensorFlow writes none for the first."""
    return int(call.rpartition("_")[2]) if "_" in call else 0


def _node(tensor: str) -> str:
    return tensor.removeprefix("^").partition(":")[0]


def _renamed(tensor: str, names: dict[str, str]) -> str:
    """A tensor or a control input whose node may have a new name."""
    node = _node(tensor)
    before, _, after = tensor.partition(node)
    return f"{before}{names.get(node, node)}{after}"
