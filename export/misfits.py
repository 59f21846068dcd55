"""What kind of a checkpoint it is that does not fit, where that can be read off what differs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slimhub import checkpoints, nets
from slimhub.common.text import listed
from slimhub.nets.catalogue.stored import Shapes
from slimhub.nets.scaling import InputScaling

_SHOWN = 3  # names a message lists
_NORM = re.compile(r"/BatchNorm/(gamma|beta|moving_mean|moving_variance)$")
_COLORS = 3


def explain(plan: checkpoints.Plan, variables: Sequence[str], shapes: Shapes) -> str:
    """Says what was seen, and what to do; empty where nothing is known.

    Args:
      plan: shows what is missing and of another shape.
      variables: names of all variables of the network, in the order in which it makes them.
      shapes: of the checkpoint's tensors, by the names that networks know.
    """
    if plan.mismatched:
        return "" if plan.missing else _of_other_channels(plan, variables)
    return (
        _without_statistics(plan)
        or _without_gammas(plan, variables)
        or _of_biases(plan, shapes)
        or _a_backbone(plan, variables)
    )


def warn_of_colors(checkpoint: checkpoints.Checkpoint, scaling: InputScaling) -> list[str]:
    """A warning where the checkpoint holds mean colors, and the network takes images otherwise.

    Args:
      checkpoint: open.
      scaling: of the network that it is exported as.
    """
    held = [name for name in checkpoint.tensors if name.rpartition("/")[2] == "mean_rgb"]
    if not held or scaling is InputScaling.CAFFE:
        return []
    return [
        f"warning: the checkpoint holds mean colors, {held[0]}, as that of a network does which "
        f"takes images as {InputScaling.CAFFE.value}, and this one takes them as {scaling.value}: "
        "make sure which of the two it was trained with, and name the network that takes them so"
    ]


def _of_other_channels(plan: checkpoints.Plan, variables: Sequence[str]) -> str:
    """The first convolution alone has another number of input channels."""
    (name, wanted, found), *others = plan.mismatched
    first = next((variable for variable in variables if not _NORM.search(variable)), "")
    takes_colors = len(wanted) == len(found) == 4 and wanted[2] == _COLORS
    if others or name != first or not takes_colors or wanted != (*found[:2], _COLORS, found[3]):
        return ""
    return (
        f"The checkpoint's first layer takes images of {found[2]} channels, and the networks here "
        f"take {_COLORS}, red, green and blue: describe the network with a builder of your own, "
        "see the README."
    )


def _without_statistics(plan: checkpoints.Plan) -> str:
    """Nothing but moving statistics is missing."""
    if not all(map(nets.is_statistic, plan.missing)):
        return ""
    return (
        f"Only moving statistics of batch norms are missing, {len(plan.missing)} of them: the "
        "checkpoint seems to hold what was trained alone, as a Saver of the trainable variables "
        "writes it. Without the statistics there is no inference: take a checkpoint of all global "
        "variables, or save one."
    )


def _without_gammas(plan: checkpoints.Plan, variables: Sequence[str]) -> str:
    """The gamma of every batch norm is missing, and nothing else."""
    gammas = {name for name in variables if name.endswith("/gamma")}
    if not gammas or set(plan.missing) != gammas:
        return ""
    return (
        "The batch norms of the checkpoint have no gamma, and the network's have one: it was "
        "trained with `scale=False`. Describe its network with a builder of your own, see the "
        "README."
    )


def _of_biases(plan: checkpoints.Plan, shapes: Shapes) -> str:
    """Whole batch norms are missing, and their layers have biases."""
    layers = list(dict.fromkeys(_NORM.sub("", name) for name in plan.missing))
    biased = [layer for layer in layers if f"{layer}/biases" in shapes]
    if not all(_NORM.search(name) for name in plan.missing) or len(biased) < len(layers):
        return ""
    return (
        f"The checkpoint has biases in place of the batch norms of {listed(biased, _SHOWN)}: it "
        "was trained without batch norm, or the norms were folded into the weights. Take the "
        "checkpoint from before the folding, or describe the network with a builder of your own, "
        "see the README."
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
        "backbone, as a detector or a segmentation has it. Its features are not those of the "
        "whole network: take the checkpoint that its training began with, or describe the network "
        "that ends there with a builder of your own, see the README."
    )
