"""Explains why an original graph and our network differ, as far as the graphs show it."""

from __future__ import annotations

from typing import Any

from slimhub.common.text import listed
from slimhub.export.verify.original import layer_surroundings
from slimhub.export.verify.original.original_network import OriginalNetwork
from slimhub.export.verify.original.own_layers import OUTPUT, OwnLayers
from slimhub.export.verify.original.weighted_layers import Layer

_SHOWN = 2


def explain(own: OwnLayers, original: OriginalNetwork, key: str) -> str:
    """What differs between a tensor and the layers before it, in words.

    Args:
      own: our layers.
      original: the graph's.
      key: the weights that the tensor feeds, or the output.
    """
    ours, theirs = own.surroundings(key), original.surroundings(original.tensor(key))
    by_weights = {layer.weights: layer for layer in own.layers}
    said = []
    for weights in sorted(ours.layers & theirs.layers & set(by_weights)):
        said += _attributes(own, by_weights[weights], original, weights)
    said += layer_surroundings.compare(theirs, ours)
    if not said:
        return ""
    before = listed(sorted(ours.layers), _SHOWN)
    return (f"after {before} it has " if before else "it has ") + "; ".join(said)


def read_activation(own: OwnLayers, original: OriginalNetwork, key: str) -> str:
    """Another activation before a tensor that does not show in the values, in words.

    The activations may never reach 6, where Relu6 and Relu start to differ; with fine-tuning they
    may.

    Args:
      own: our layers.
      original: the graph's.
      key: of the tensor.
    """
    ours, theirs = own.surroundings(key), original.surroundings(original.tensor(key))
    is_bounded = any(op in theirs.others for op in ("Maximum", "Minimum"))  # also an activation
    # An activation shared by several layers is one operation here and several there.
    is_same = set(theirs.activations) == set(ours.activations)
    if is_bounded or is_same or theirs.layers != ours.layers:
        return ""
    return layer_surroundings.compare_activations(theirs, ours)


def is_other_pooling(own: OwnLayers, original: OriginalNetwork) -> bool:
    """Whether what the original graph has behind its last layer differs in its pooling alone.

    Where it has no layer of the logits, that may be the beginning of a head of its owner's.

    Args:
      own: our layers.
      original: the graph's, with its output.
    """
    ours, theirs = own.surroundings(OUTPUT), original.surroundings(original.tensor(OUTPUT))
    keys = ("layers", "epsilons", "gammas", "paddings")
    is_same = all(getattr(ours, key) == getattr(theirs, key) for key in keys)
    is_same &= set(ours.activations) == set(theirs.activations)
    return original.head is None and is_same and ours.poolings != theirs.poolings


def _attributes(own: OwnLayers, ours: Layer, original: OriginalNetwork, weights: str) -> list[str]:
    """How a convolution differs from another one with the same weights."""
    mine = own.nodes.by_name[ours.node]
    other = original.layer(weights)
    said = []
    for attribute, word in (("strides", "a stride"), ("dilations", "a dilation")):
        found, wanted = (_pair(node, attribute) for node in (other, mine))
        if found != wanted:
            said.append(f"{word} of {found}, not {wanted}, in {weights}")
    found, wanted = (node.attr["padding"].s.decode(errors="replace") for node in (other, mine))
    if found != wanted:
        said.append(f"the padding {found}, not {wanted}, in {weights}")
    return said


def _pair(node: Any, attribute: str) -> list[int]:
    """Height and width in an attribute of a convolution, 1 by default."""
    values = list(node.attr[attribute].list.i)
    is_first = node.attr["data_format"].s == b"NCHW"
    return (values[2:] if is_first else values[1:3]) or [1, 1]
