"""The accuracy that pages compare versions by."""

from __future__ import annotations

import dataclasses

from slimhub.publish.hub.index import Version

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
      version: whose index entry may have figures in `measured`, each with a `format`, the name of
        its `data`, and `top1`, a fraction.
    """
    found = [
        Accuracy(100 * one.top1, _data_of(one.data), True)
        for one in getattr(version, "measured", ())
        if one.format == _ARTIFACT
    ]
    if found:
        return min(found, key=lambda one: one.data != IMAGENET)
    if version.facts is not None and version.facts.published_top1 is not None:
        return Accuracy(version.facts.published_top1, IMAGENET, False)
    return None


def _data_of(name: str) -> str:
    return IMAGENET if name.lower() in _CALLED else name
