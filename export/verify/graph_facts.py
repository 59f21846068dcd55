"""What an original graph shows of its network that the variables do not."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from slimhub import nets

# Fused norms add no less than this, which is what a graph that was written with less says.
_LEAST_EPSILON = 1.001e-5

MOST_PIXELS = 1 << 20  # of an image, which whoever wrote the graph has chosen
OWN_STRIDE = 32  # pixels of the image for one of the last map, of networks that can be dilated


@dataclasses.dataclass(frozen=True)
class GraphFacts:
    """Options of a network as its graph shows them; None where it does not show one value.

    Attributes:
      image_size: height and width of the images that it was built for, pixels.
      batch_norm_epsilon: what all its batch norms add to the variance.
      output_stride: pixels of the image for one of the last map; `OWN_STRIDE` if no kernels are
        dilated.
      input_scaling: a key of `scaling.BY_NAME`.
      several: names of those above that it shows several values of, or one that is not an option's:
        it contradicts any other graph there.
    """

    image_size: tuple[int, int] | None = None
    batch_norm_epsilon: float | None = None
    output_stride: int | None = None
    input_scaling: str | None = None
    several: tuple[str, ...] = ()


def agreed(facts: Sequence[GraphFacts]) -> GraphFacts:
    """What some graphs or towers show and none contradicts.

    Args:
      facts: of each.
    """
    several = {name for one in facts for name in one.several}
    agreeing: dict[str, Any] = {}
    for field in dataclasses.fields(GraphFacts):
        values = {getattr(one, field.name) for one in facts} - {None}
        if len(values) == 1 and field.name not in several:
            agreeing[field.name] = values.pop()
    return GraphFacts(**agreeing | {"several": ()})


def is_epsilon_of(spec: nets.NetworkSpec, epsilon: float) -> bool:
    """Whether a network has batch norms with an epsilon, or none at all.

    Args:
      spec: the network.
      epsilon: as a graph states it.
    """
    import numpy as np  # only here, as that takes as long as refusing a request

    wanted, found, least = map(np.float32, (spec.batch_norm_epsilon, epsilon, _LEAST_EPSILON))
    is_least = found == least and wanted <= least
    return not spec.has_batch_norm or wanted == found or bool(is_least)
