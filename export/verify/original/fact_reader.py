"""Reads off a graph what its network's variables do not show. Imports TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from slimhub.export.verify.graph_facts import GraphFacts
from slimhub.export.verify.original import (
    graph_scale,
    norm_epsilons,
    original_network,
    total_strides,
)
from slimhub.export.verify.original.original_network import OriginalNetwork
from slimhub.export.verify.original.refusal import (
    MALFORMED,
    NoSingleValueError,
    NotComparableError,
)
from slimhub.nets.scaling import NAMES

_WEIGHTS = ("/weights", "/depthwise_weights", "/pointwise_weights")


def read(
    graph: Any,
    shapes: Mapping[str, tuple[int, ...]],
    head: str,
    scope: str,
    image_shape: tuple[int, int, int],
) -> list[GraphFacts]:
    """What each tower of a graph shows; see `original_network.read`.

    Args:
      graph: a GraphDef.
      shapes: of the variables of our network, in the order in which it makes them.
      head: pattern of names of the variables of the logits.
      scope: prefix of the names in the checkpoint, with a slash at its end.
      image_shape: height, width and channels of the images, where the graph does not state them.

    Raises:
      NotComparableError: if the network is not there, or not of these shapes.
    """
    weights = [n for n in shapes if n.endswith(_WEIGHTS) and not re.search(head, n)]
    found, _ = original_network.read(graph, weights, shapes, head, scope)
    return [_read_tower(tower, shapes, image_shape) for tower in found]


def _read_tower(
    tower: OriginalNetwork,
    shapes: Mapping[str, tuple[int, ...]],
    image_shape: tuple[int, int, int],
) -> GraphFacts:
    nodes, feed = tower.nodes, tower.feed

    def scaling() -> str | None:
        sides = tower.image_size() or image_shape[:2]
        found = graph_scale.find(nodes, feed, (*sides, image_shape[2]))
        return None if found is None else NAMES[found]

    readers: dict[str, Callable[[], Any]] = {
        "image_size": tower.image_size,
        "batch_norm_epsilon": lambda: norm_epsilons.common(tower),
        "output_stride": lambda: total_strides.output_stride(nodes, feed, tower.layers, shapes),
        "input_scaling": scaling,
    }
    shown, several = {}, []
    for name, reader in readers.items():
        try:
            shown[name] = reader()
        except NoSingleValueError:
            several.append(name)
        except (NotComparableError, *MALFORMED):
            continue  # one that cannot be read does not keep the others from being read
    return GraphFacts(**shown, several=tuple(several))
