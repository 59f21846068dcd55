"""Depth multiplier, feature width and classes of a network that was trained with its own."""

from __future__ import annotations

import dataclasses
import re
import statistics
from collections.abc import Iterator

from slimhub import nets
from slimhub.export.verify.subject import Subject
from slimhub.nets.catalogue.stored import Shapes
from slimhub.nets.options import NetworkOptions

_NEAR = 0.04  # how far rounding of widths takes their ratio from the multiplier
_MOST = 12  # multipliers that are tried


def work_out(shapes: Shapes, given: NetworkOptions) -> tuple[list[nets.Fit], NetworkOptions] | None:
    """The options with which networks have these shapes.

    The multiplier is near the ratio of the widths; of those near it the one with the fewest digits
    is taken that gives every shape, as a network that is built with it shows.

    Args:
      shapes: of a checkpoint's tensors, by name.
      given: options that are settled.

    Returns:
      The networks, which differ in their image size at most, and the options; None where there are
      no such. Imports TensorFlow where names are those of a network.
    """
    fits = [f for f in nets.find_named(shapes) if nets.get(f.network).depth_multiplier == 1]
    if not fits or not nets.get(fits[0].network).depth_rule:
        return None
    network = fits[0].network
    for multiplier in _multipliers(shapes, network, given.depth_multiplier):
        options = dataclasses.replace(
            given, depth_multiplier=None if multiplier == 1 else multiplier
        )
        found = _with_feature_depth(shapes, network, options)
        if found is not None:
            has_others = fits[0].num_classes not in (None, nets.get(network).num_classes)
            if has_others and found.num_classes is None:
                found = dataclasses.replace(found, num_classes=fits[0].num_classes)
            return fits, found
    return None


def _multipliers(shapes: Shapes, network: str, given: float | None) -> Iterator[float]:
    """What the multiplier may be, the simplest decimals first."""
    if given is not None:
        yield given
        return
    wanted = nets.stored_variables(network)
    widths = [
        (shapes[name][0], shape[0])
        for name, shape in wanted.items()
        if name.endswith("/beta") and len(shapes.get(name, ())) == 1
    ]
    least = statistics.median(width for _, width in widths) if widths else 0
    # Rounding moves narrow layers most, and the feature layer may have a width of its own.
    pairs = [(f, w) for f, w in widths if w >= least and w != nets.get(network).feature_depth]
    if not pairs:
        return
    near = sum(found for found, _ in pairs) / sum(width for _, width in pairs)
    tried: list[float] = []
    for digits in (1, 2, 3):
        step = 10**-digits
        count = int(_NEAR / step) + 1
        around = [round(near + i * step, digits) for i in range(-count, count + 1)]
        for value in sorted(around, key=lambda v: abs(v - near)):
            if value > 0 and value not in tried and abs(value - near) <= max(_NEAR, step / 2):
                tried.append(value)
    yield from tried[:_MOST]


def _with_feature_depth(
    shapes: Shapes, network: str, options: NetworkOptions
) -> NetworkOptions | None:
    """The options, with a feature width where that is all that differs; None where more does."""
    spec = nets.get(network).customized(options)
    differing = _differing(shapes, network, options)
    if not differing:
        return options
    pairs = {(w, f) for wanted, found in differing for w, f in zip(wanted, found, strict=False)}
    pairs = {(wanted, found) for wanted, found in pairs if wanted != found}
    if len(pairs) != 1 or options.feature_depth is not None:
        return None
    ((wanted, found),) = pairs
    changed = dataclasses.replace(options, feature_depth=found)
    is_feature = wanted == spec.feature_depth
    return changed if is_feature and not _differing(shapes, network, changed) else None


def _differing(
    shapes: Shapes, network: str, options: NetworkOptions
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Pairs of shapes wanted and found that are not the same, without those of the logits."""
    from slimhub.export.verify.reference import source_network  # imports TensorFlow

    head = re.compile(nets.get(network).head)
    wanted = source_network.shapes(Subject(network, "feature_vector", options))
    return [
        (shape, tuple(shapes.get(name, ())))
        for name, shape in wanted.items()
        if not head.search(name) and tuple(shapes.get(name, ())) != tuple(shape)
    ]
