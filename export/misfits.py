"""Recognizes kinds of checkpoints that do not fit, from what differs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slimhub import checkpoints, nets
from slimhub.common.errors import option
from slimhub.common.text import count, listed
from slimhub.export import image_channels
from slimhub.nets.catalogue.stored import Shapes
from slimhub.nets.scaling import InputScaling

_SHOWN = 3  # names listed in a message
_NORM = re.compile(r"/BatchNorm/(gamma|beta|moving_mean|moving_variance)$")


def explain(
    plan: checkpoints.Plan,
    variables: Sequence[str],
    shapes: Shapes,
    *,
    norms_are_optional: bool = False,
) -> str:
    """Explains what was found, and what to do; empty if nothing is recognized.

    Args:
      plan: what is missing, and what has another shape.
      variables: names of all variables of the network, in the order in which it creates them.
      shapes: of the checkpoint's tensors, by the network's names.
      norms_are_optional: whether the network may have biases in place of batch norms.
    """
    if plan.mismatched:
        return "" if plan.missing else _other_channels(plan, variables)
    return (
        _with_gammas(plan)
        or _without_statistics(plan)
        or _without_gammas(plan, variables)
        or _biases_instead_of_norms(plan, shapes, norms_are_optional)
        or _a_backbone(plan, variables)
    )


def warn_about_colors(checkpoint: checkpoints.Checkpoint, scaling: InputScaling) -> list[str]:
    """A warning if the checkpoint holds mean colors, but the network scales images differently.

    Args:
      checkpoint: open.
      scaling: of the network that it is exported as.
    """
    held = [name for name in checkpoint.tensors if name.rpartition("/")[2] == "mean_rgb"]
    if not held or scaling is InputScaling.CAFFE:
        return []
    return [
        f"warning: the checkpoint holds mean colors, {held[0]}, like networks that take images "
        f"as {InputScaling.CAFFE.value}, but this network takes them as {scaling.value}: if it was "
        f"trained with mean colors, export it with {option('input_scaling', 'mean_rgb')}"
    ]


def _other_channels(plan: checkpoints.Plan, variables: Sequence[str]) -> str:
    """Only the first layer differs, in its number of input channels."""
    first = image_channels.first_weights(variables)
    if [name for name, _, _ in plan.mismatched] != first:
        return ""
    _, wanted, found = plan.mismatched[0]
    if len(wanted) != 4 or len(found) != 4 or wanted != (*found[:2], wanted[2], found[3]):
        return ""
    said = (
        f"The checkpoint's first layer takes images of {count(found[2], 'channel')}, but the "
        f"network's takes {wanted[2]}"
    )
    if found[2] <= image_channels.MOST:
        return f"{said}: pass {option('channels', found[2])}."
    return f"{said}: describe its network with your own builder, see docs/custom_networks.md."


def _without_statistics(plan: checkpoints.Plan) -> str:
    """Only moving statistics are missing."""
    if not all(map(nets.is_statistic, plan.missing)):
        return ""
    return (
        f"Only the moving statistics of batch norms are missing, {len(plan.missing)} of them: "
        "the checkpoint seems to hold only trained variables, as a Saver of the trainable "
        "variables writes it. Inference needs the statistics: use a checkpoint of all global "
        "variables, or save one."
    )


def are_gammas(names: Sequence[str]) -> bool:
    """Whether there are names, and each is that of a batch norm's gamma."""
    return bool(names) and all(name.endswith("/BatchNorm/gamma") for name in names)


def _with_gammas(plan: checkpoints.Plan) -> str:
    """Only the gammas of batch norms are left over."""
    if plan.missing or not are_gammas(plan.unexpected):
        return ""
    return (
        "The batch norms of the checkpoint have a gamma, but the network's do not: it was trained "
        f"with `scale=True`. Pass {option('batch_norm_scale', 'yes')}."
    )


def _without_gammas(plan: checkpoints.Plan, variables: Sequence[str]) -> str:
    """Only the gammas of all batch norms are missing."""
    gammas = {name for name in variables if name.endswith("/gamma")}
    if not gammas or set(plan.missing) != gammas:
        return ""
    return (
        "The batch norms of the checkpoint have no gamma, but the network's do: it was trained "
        f"with `scale=False`. Pass {option('batch_norm_scale', 'no')}."
    )


def _biases_instead_of_norms(
    plan: checkpoints.Plan, shapes: Shapes, norms_are_optional: bool
) -> str:
    """Whole batch norms are missing, and their layers have biases instead."""
    layers = list(dict.fromkeys(_NORM.sub("", name) for name in plan.missing))
    biased = [layer for layer in layers if f"{layer}/biases" in shapes]
    if not all(_NORM.search(name) for name in plan.missing) or len(biased) < len(layers):
        return ""
    said = (
        f"The checkpoint has biases instead of the batch norms of {listed(biased, _SHOWN)}: it "
        "was trained without batch norm, or the norms were folded into the weights. "
    )
    if norms_are_optional:
        return f"{said}Pass {option('batch_norm', 'no')}."
    return (
        f"{said}Use the checkpoint from before the folding, or describe the network with your own "
        "builder, see docs/custom_networks.md."
    )


def _a_backbone(plan: checkpoints.Plan, variables: Sequence[str]) -> str:
    """Everything up to some layer is there, and nothing after it."""
    missing = set(plan.missing)
    there = [name for name in variables if name not in missing]
    if len(there) < len(missing) or list(variables[: len(there)]) != there:
        return ""
    last = there[-1].rpartition("/")[0].removesuffix("/BatchNorm")
    first = variables[len(there)].rpartition("/")[0].removesuffix("/BatchNorm")
    return (
        f"The checkpoint has the network up to {last}, and nothing from {first} on: it is a "
        "backbone, as in a detector or a segmentation network. Its features are not those of "
        f"the whole network: export the part that is there with {option('last_layer')}, the "
        "endpoint that it ends with, or use the checkpoint that its training started from."
    )
