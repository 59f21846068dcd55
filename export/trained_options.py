"""Works out the options a network was trained with: channels, multiplier, widths, gammas."""

from __future__ import annotations

import dataclasses
import re
import statistics
from collections.abc import Iterable, Iterator

from slimhub import nets
from slimhub.export import backbones, image_channels
from slimhub.export.verify.subject import Subject
from slimhub.nets.catalogue.stored import Shapes
from slimhub.nets.options import NetworkOptions

_NEAR = 0.04  # how far rounding moves the ratio of widths from the multiplier
_MOST = 12  # multipliers to try
_GAMMA, _BETA = "/BatchNorm/gamma", "/BatchNorm/beta"
_NORM = (_BETA, "/BatchNorm/moving_mean", "/BatchNorm/moving_variance")
_BIASES = "/biases"


def find(shapes: Shapes, given: NetworkOptions) -> tuple[list[nets.Fit], NetworkOptions] | None:
    """The options that a checkpoint's shapes show.

    Args:
      shapes: of its tensors, by name.
      given: options that are already decided.

    Returns:
      The networks, which differ at most in their image size, and the options; None if there are
      none. Imports TensorFlow if names match a network.
    """
    found = image_channels.with_usual(shapes)
    if found is None:
        return _with_usual_channels(shapes, given)
    usual, channels = found
    if given.channels not in (None, channels):
        return None
    of_usual = dataclasses.replace(given, channels=None)
    fits = [fit for fit in nets.find_fits(usual) if fit.is_whole]
    others = (fits, NetworkOptions()) if fits else _with_usual_channels(usual, of_usual)
    return others and (others[0], dataclasses.replace(others[1], channels=channels))


def _with_usual_channels(
    shapes: Shapes, given: NetworkOptions
) -> tuple[list[nets.Fit], NetworkOptions] | None:
    """As `find`, for images of the usual channels."""
    return (
        without_usual_gammas(shapes)
        or without_norms(shapes)
        or work_out(shapes, given)
        or backbones.find(shapes, given.last_layer)
    )


def work_out(shapes: Shapes, given: NetworkOptions) -> tuple[list[nets.Fit], NetworkOptions] | None:
    """The options with which networks have these shapes.

    The multiplier is close to the ratio of the widths. Among the candidates, the one with the
    fewest digits that reproduces every shape is chosen, by building the network.

    Args:
      shapes: of a checkpoint's tensors, by name.
      given: options that are already decided.

    Returns:
      The networks, which differ at most in their image size, and the options; None if there are
      none. Imports TensorFlow if names match a network.
    """
    fits = [f for f in nets.find_named(shapes) if nets.get(f.network).depth_multiplier == 1]
    if not fits:
        return None
    network = fits[0].network
    multipliers: Iterable[float] = _multipliers(shapes, network, given.depth_multiplier)
    if nets.get(network).depth_rule is None:
        multipliers = [1] if _has_other_features(shapes, network) else []
    for multiplier in multipliers:
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


def without_usual_gammas(shapes: Shapes) -> tuple[list[nets.Fit], NetworkOptions] | None:
    """Networks whose batch norms usually have gammas and here do not, or the other way around.

    Args:
      shapes: of a checkpoint's tensors, by name.

    Returns:
      The networks, and the option; None if there are none.
    """
    has_gammas = any(name.endswith(_GAMMA) for name in shapes)
    if has_gammas:
        usual = {name: shape for name, shape in shapes.items() if not name.endswith(_GAMMA)}
    else:
        betas = {name: shape for name, shape in shapes.items() if name.endswith(_BETA)}
        gammas = {name.removesuffix(_BETA) + _GAMMA: shape for name, shape in betas.items()}
        usual = {**shapes, **gammas}
    fits = [
        fit
        for fit in nets.find_fits(usual)
        if fit.is_whole and nets.get(fit.network).batch_norm_scale is not has_gammas
    ]
    if not fits:
        return None
    return fits, NetworkOptions(batch_norm_scale="yes" if has_gammas else "no")


def without_norms(shapes: Shapes) -> tuple[list[nets.Fit], NetworkOptions] | None:
    """Networks that have biases in place of batch norms.

    Args:
      shapes: of a checkpoint's tensors, by name.

    Returns:
      The networks, and the option; None if there are none.
    """
    if any("/BatchNorm/" in name for name in shapes):
        return None
    layers = {
        name.removesuffix(_BIASES): shape for name, shape in shapes.items() if _BIASES in name
    }
    norms = {f"{layer}{part}": shape for layer, shape in layers.items() for part in _NORM}
    fits = [
        fit
        for fit in nets.find_fits({**shapes, **norms})
        if fit.is_whole and nets.get(fit.network).norms_are_optional
    ]
    return (fits, NetworkOptions(batch_norm="no")) if fits else None


def _multipliers(shapes: Shapes, network: str, given: float | None) -> Iterator[float]:
    """Candidates for the multiplier, the simplest decimals first."""
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
    # Rounding affects narrow layers most, and the feature layer may have its own width.
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


def _has_other_features(shapes: Shapes, network: str) -> bool:
    """Whether the width of the features is all that differs, going by the stored shapes."""
    spec = nets.get(network)
    pairs = {
        pair
        for name, wanted in nets.stored_variables(network).items()
        if not re.search(spec.head, name)
        for pair in zip(wanted, shapes[name], strict=False)
    }
    different = [wanted for wanted, found in pairs if wanted != found]
    return different == [spec.feature_depth]


def _with_feature_depth(
    shapes: Shapes, network: str, options: NetworkOptions
) -> NetworkOptions | None:
    """The options, with a feature width if only that differs; None if more does."""
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
    """Pairs of different expected and found shapes, except those of the logits."""
    from slimhub.export.verify.reference import source_network  # imports TensorFlow

    head = re.compile(nets.get(network).head)
    wanted = source_network.shapes(Subject(network, "feature_vector", options))
    return [
        (shape, tuple(shapes.get(name, ())))
        for name, shape in wanted.items()
        if not head.search(name) and tuple(shapes.get(name, ())) != tuple(shape)
    ]
