"""How a graph scales images to its network's range, if it shows that. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from slimhub import nets
from slimhub.common.errors import option
from slimhub.export.verify.original import single_colors, standardization
from slimhub.export.verify.original.graph_nodes import GraphNodes
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.single_colors import OF_BYTES, SCALED, UNIT
from slimhub.nets.scaling import BY_NAME, InputScaling

NOT_SHOWN = "does not show how images are scaled"

_RGB = 3  # channels
# Of the range of the network: 1/128 in place of 1/127.5 is common, and not another scaling.
_TOLERANCE = 0.01


def compare(
    nodes: GraphNodes, feed: str, spec: nets.NetworkSpec, values: Mapping[str, np.ndarray]
) -> tuple[bool, str]:
    """Compares the scaling of a graph with that of a network.

    The content of bytes and decoded images is known. Floats may have any range, or be scaled
    already: their scaling only counts as different if the graph computes with them, and no usual
    range maps to the network's.

    Args:
      nodes: of the graph.
      feed: the tensor of images in the network's range.
      spec: the network.
      values: of the variables that it may read, by name.

    Returns:
      Whether nothing contradicts it, and what was found, in words.
    """
    colors = single_colors.colors(spec.channels)
    try:
        start = single_colors.find_start(nodes, feed, spec.image_shape)
        if start is None:
            return True, NOT_SHOWN
        part = start.part(nodes, feed, values)
        of_each = spec.input_scaling is InputScaling.STANDARDIZED
        if of_each and standardization.is_computed(part, start):
            return True, "scales images like the network"
        wanted = single_colors.scaled(spec.input_scaling, colors)
        offered = _offered(wanted, colors)
        if start.has_bytes:
            offered = {"bytes": offered[OF_BYTES]}
        found = {
            name: single_colors.computed(part, start.shape, shown)
            for name, shown in offered.items()
        }
    except NotComparableError:
        return True, NOT_SHOWN
    found = {name: scaled for name, scaled in found.items() if np.isfinite(scaled).all()}
    if not found:
        return True, NOT_SHOWN
    # One that leaves floats as they are does not say how they were scaled before.
    is_open = not start.has_bytes and any(np.array_equal(f, offered[n]) for n, f in found.items())
    told = {} if is_open else found
    if of_each:
        return (
            False,
            f"does not scale each image by its own mean and deviation{_remedy(told, colors)}",
        )
    span = float(wanted.max() - wanted.min())
    differences = {name: float(np.abs(f - wanted).max()) / span for name, f in found.items()}
    best = min(differences, key=differences.__getitem__)
    if differences[best] <= _TOLERANCE:
        if best == SCALED:
            return True, NOT_SHOWN
        exact = (
            "" if differences[best] < _TOLERANCE / 100 else f", except for {differences[best]:.1%}"
        )
        return True, f"scales images like the network{exact}"
    return False, _describe(found, wanted, span, colors) + _remedy(told, colors)


def _remedy(found: Mapping[str, np.ndarray], colors: np.ndarray) -> str:
    """The option with which a network scales images so; empty if there is none."""
    shown = next((found[name] for name in ("bytes", UNIT, OF_BYTES) if name in found), None)
    if shown is None:
        return ""
    differences = {}
    for name, scaling in BY_NAME.items():
        if scaling.needs_colors and colors.shape[-1] != _RGB:
            continue
        wanted = single_colors.scaled(scaling, colors)
        differences[name] = float(np.abs(shown - wanted).max()) / max(float(np.ptp(wanted)), 1.0)
    closest = min(differences, key=differences.__getitem__)
    is_close = differences[closest] <= _TOLERANCE
    return f"; that is {option('input_scaling', closest)}" if is_close else ""


def _offered(wanted: np.ndarray, colors: np.ndarray) -> dict[str, np.ndarray]:
    """The colors as the network takes them, then in the usual ranges of floats."""
    return {
        SCALED: wanted,
        UNIT: colors,
        OF_BYTES: single_colors.bytes_of(colors),
        "[-0.5, 0.5]": colors - np.float32(0.5),
        "[-1, 1]": colors * 2 - 1,
    }


def _describe(
    found: Mapping[str, np.ndarray], wanted: np.ndarray, span: float, colors: np.ndarray
) -> str:
    for scaled in found.values() if colors.shape[-1] == _RGB else ():
        if np.abs(scaled[:, ::-1] - wanted).max() / span <= _TOLERANCE:
            return "takes the channels of images in another order: blue for red (BGR)"
    shown = next((found[name] for name in (UNIT, "bytes") if name in found), None)
    if shown is None:
        return "scales images otherwise"
    if np.abs(shown - wanted)[:2].max() / span <= _TOLERANCE:
        at = int(np.abs(shown - wanted).max(axis=1).argmax())
        return (
            f"scales images otherwise: pixels of {_color(colors[at])} become "
            f"{_color(shown[at])}, in the network {_color(wanted[at])}"
        )
    return (
        f"scales images differently: black becomes {_color(shown[0])} and white "
        f"{_color(shown[1])}, but in the network {_color(wanted[0])} and {_color(wanted[1])}"
    )


def _color(values: np.ndarray) -> str:
    numbers = [f"{value:.3g}" for value in values]
    return numbers[0] if len(set(numbers)) == 1 else f"({', '.join(numbers)})"
