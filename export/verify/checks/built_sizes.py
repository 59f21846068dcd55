"""Our network at the image size that an original graph was built for. Imports TensorFlow."""

from __future__ import annotations

import math

from slimhub.common.errors import ExportError, NetworkError, option
from slimhub.export.verify import graph_facts
from slimhub.export.verify.original.own_layers import OwnLayers
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.nets import size_notation


def resize(network: SourceNetwork, size: tuple[int, int]) -> tuple[SourceNetwork, OwnLayers]:
    """The network for images of another size, and its layers.

    Args:
      network: ours; its output is not random.
      size: height and width that the graph was built for, pixels.

    Raises:
      NotComparableError: if the network cannot have that size, or images would be too large.
    """
    shape = network.spec.image_shape
    told = f"it was built for images of {_spell(size)} pixels, but the export for {_spell(shape)}"
    if math.prod(size) > max(graph_facts.MOST_PIXELS, math.prod(shape[:2])):
        raise NotComparableError(f"{told}, which is too large to compare at: {_remedy(size)}")
    try:
        resized = network.resized(size)
        output = resized.tensor_before_dropout()
    except NetworkError as error:
        raise NotComparableError(f"{told}, and {error}") from error
    except (ExportError, ValueError) as error:
        said = f"{told}, which the network could not be built for ({error}): {_remedy(size)}"
        raise NotComparableError(said) from error
    assert output is not None  # it is not random at any size
    return resized, OwnLayers(resized, output)


def describe(size: tuple[int, int], shape: tuple[int, int, int]) -> str:
    """At which size was compared, and how the export gets it, in words.

    Args:
      size: that the graph was built for.
      shape: of the export's images.
    """
    return (
        f"compared at {_spell(size)} pixels, which it was built for, while the export is for "
        f"{_spell(shape)}: {_remedy(size)}"
    )


def _remedy(size: tuple[int, int]) -> str:
    return f"{option('image_size', size_notation.of_sides(*size))} is its size"


def _spell(sides: tuple[int, ...]) -> str:
    return "{} x {}".format(*sides)
