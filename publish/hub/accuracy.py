"""The accuracy that pages compare versions by."""

from __future__ import annotations

import dataclasses

from slimhub.evaluate.evaluation_record import LOGITS
from slimhub.publish.hub.index import Version
from slimhub.publish.pages.measured_figures import MeasuredFigures

IMAGENET = "ImageNet"
# What evaluations call the validation images that published accuracies are of.
_CALLED = ("ilsvrc2012", "imagenet", "imagenet2012", "imagenet-ilsvrc-2012-cls")
_ARTIFACT = "SavedModel"  # the format of measured figures that are the version's own


@dataclasses.dataclass(frozen=True)
class Accuracy:
    """Top-1 accuracy of a version.

    Attributes:
      top1: percent.
      data: what it is of: accuracies of different data cannot be compared.
      is_measured: whether it was measured on the version, and not published for the checkpoint.
    """

    top1: float
    data: str
    is_measured: bool


def of(version: Version) -> Accuracy | None:
    """The accuracy of a version: one that was measured, else the published one.

    Of several measured ones it is that on ImageNet, else the first.

    Args:
      version: as its index entry has it.
    """
    found = [
        Accuracy(100 * one.top1, _data_of(one), True)
        for one in version.measured
        if one.format == _ARTIFACT
    ]
    if found:
        return min(found, key=lambda one: one.data != IMAGENET)
    if version.facts is not None and version.facts.published_top1 is not None:
        return Accuracy(version.facts.published_top1, IMAGENET, False)
    return None


def _data_of(figures: MeasuredFigures) -> str:
    """What a figure is of; one of a probe of features is not comparable with one of logits."""
    name = IMAGENET if figures.data.lower() in _CALLED else figures.data
    return name if figures.method == LOGITS else f"{name}, {figures.method}"
