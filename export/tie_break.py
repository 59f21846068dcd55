"""Chooses between networks with the same variables: by classes, colors and image size."""

from __future__ import annotations

import re
from collections.abc import Callable

from slimhub import checkpoints, nets
from slimhub.common import paths
from slimhub.common.errors import option
from slimhub.export.verify.graph_facts import GraphFacts
from slimhub.nets.options import NetworkOptions
from slimhub.nets.scaling import NAMES, InputScaling

IsBetter = Callable[[nets.NetworkSpec, nets.Fit], bool]

_USUAL_SIZE = 224  # of the MobileNets, the only ones with several sizes
_NUMBER = re.compile(r"\d+")


def narrow(
    fits: list[nets.Fit],
    checkpoint: checkpoints.Checkpoint,
    options: NetworkOptions,
    facts: GraphFacts,
) -> tuple[list[nets.Fit], str]:
    """The network to use, and why, in words; or those that cannot be told apart.

    Networks with as many classes as the checkpoint come first; then networks that scale images like
    its graph, or take mean colors, if the checkpoint holds them; then one with the requested size,
    the size of the graph, or a size in the name of the source, or with the usual size.

    Args:
      fits: complete matches, at least one.
      checkpoint: what they fit.
      options: the requested options.
      facts: what its graph shows.
    """
    named = _named_size(checkpoint)
    is_sized = options.image_size is not None or facts.image_size is not None
    grounds: tuple[tuple[str, IsBetter], ...] = (
        ("", lambda spec, fit: fit.num_classes == spec.num_classes),
        ("the input scaling of its graph", lambda spec, fit: _scales_like(spec, facts)),
        ("the mean colors in the checkpoint", _mean_colors(checkpoint)),
        ("the image size that was given", lambda spec, fit: spec.image_size == options.image_size),
        ("the image size of its graph", lambda spec, fit: _is_sized_like(spec, options, facts)),
        ("the size in the name of its source", lambda spec, fit: not is_sized and named(spec, fit)),
    )
    left, why = fits, ""
    for words, is_better in grounds:
        better = [fit for fit in left if is_better(nets.get(fit.network), fit)]
        if better and len(better) < len(left):
            left, why = better, words or f"its {better[0].num_classes} classes"
    usual = [fit for fit in left if nets.get(fit.network).image_size == _USUAL_SIZE]
    if len(left) > 1 and len(usual) == 1 and _differ_only_in_size(left):
        left, why = usual, "" if is_sized else f"the usual image size of {_USUAL_SIZE}"
    return left, _reason(left[0], fits, why)


def differences(fits: list[nets.Fit]) -> str:
    """How several networks differ, as the end of a sentence that asks to choose.

    Args:
      fits: those that are left.
    """
    specs = [nets.get(fit.network) for fit in fits]
    if _differ_only_in_size(fits):
        sizes = ", ".join(str(size) for size in sorted(spec.image_size for spec in specs))
        return f", or pass {option('image_size')}: only their image size differs ({sizes})"
    if len({spec.input_scaling for spec in specs}) > 1:
        return ": " + "; ".join(f"{s.name} takes images as {s.input_scaling.value}" for s in specs)
    return ""


def _mean_colors(checkpoint: checkpoints.Checkpoint) -> IsBetter:
    has_them = any(name.rpartition("/")[2] == "mean_rgb" for name in checkpoint.tensors)
    return lambda spec, fit: has_them and spec.input_scaling is InputScaling.CAFFE


def _named_size(checkpoint: checkpoints.Checkpoint) -> IsBetter:
    """Sizes are separate numbers in a name: `mobilenet_v1_1.0_224.ckpt`."""
    names = [checkpoint.source_name, checkpoint.label]
    if checkpoint.source_name.startswith(checkpoint.label):  # it was named directly, not its folder
        names.append(paths.resolved(checkpoint.prefix.parent).name)
    without_steps = (re.sub(rf"-{checkpoint.step}(?!\d)", "", name) for name in names)
    numbers = set(map(int, _NUMBER.findall(" ".join(without_steps))))
    return lambda spec, fit: spec.image_size in numbers


def _scales_like(spec: nets.NetworkSpec, facts: GraphFacts) -> bool:
    return NAMES[spec.input_scaling] == facts.input_scaling


def _is_sized_like(spec: nets.NetworkSpec, options: NetworkOptions, facts: GraphFacts) -> bool:
    return options.image_size is None and spec.image_shape[:2] == facts.image_size


def _differ_only_in_size(fits: list[nets.Fit]) -> bool:
    specs = [nets.get(fit.network) for fit in fits]
    kinds = {(spec.family, spec.depth_multiplier, spec.input_scaling) for spec in specs}
    return len(kinds) == 1 and len({spec.image_size for spec in specs}) == len(specs)


def _reason(chosen: nets.Fit, everyone: list[nets.Fit], why: str) -> str:
    """Why a network was chosen, and which others have the same variables except the logits."""
    others = [nets.get(fit.network) for fit in everyone if fit is not chosen]
    if not others:
        return "the only registered network that the checkpoint fits"
    spec = nets.get(chosen.network)
    passed_over = ", ".join(other.name for other in others)
    any_size = "any size of it would do, since the export has another one"
    chosen_for = f"chosen for {why}" if why else any_size
    reason = f"{chosen_for}; the variables also match {passed_over}"
    if all(other.input_scaling is spec.input_scaling for other in others):
        return reason
    return (
        f"{reason}, which takes images as {others[0].input_scaling.value}: name the network if "
        "yours does"
    )
