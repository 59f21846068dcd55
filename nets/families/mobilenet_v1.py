"""MobileNet V1, with every published multiplier and image size.

Widths and strides follow table 1 of the paper.
"""

from __future__ import annotations

from slimhub.nets.families import public_checkpoints
from slimhub.nets.spec import NetworkSpec, Paper, Published

SCOPE = "MobilenetV1"
_STEM_WIDTH = 32
# Width and stride of each depthwise and pointwise pair, at depth multiplier 1.
PAIRS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
)
_LEAST_WIDTH = 8

_PAPER = Paper(
    title="MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
    authors="Andrew G. Howard, Menglong Zhu, Bo Chen, Dmitry Kalenichenko, Weijun Wang, "
    "Tobias Weyand, Marco Andreetto, Hartwig Adam",
    year=2017,
    url="https://arxiv.org/abs/1704.04861",
)

_SIZES = (224, 192, 160, 128)  # pixels
_TOP1 = {  # percent, at the sizes above
    1.0: (70.9, 70.0, 68.0, 65.2),
    0.75: (68.4, 67.2, 65.3, 62.1),
    0.5: (63.3, 61.7, 59.1, 56.3),
    0.25: (49.8, 47.7, 45.5, 41.5),
}


def scaled(width: int, depth_multiplier: float) -> int:
    """The width of a layer: truncated, not rounded, and at least 8."""
    return max(_LEAST_WIDTH, int(width * depth_multiplier))


def stem_width(depth_multiplier: float) -> int:
    """The width of the first convolution."""
    return scaled(_STEM_WIDTH, depth_multiplier)


def feature_depth(depth_multiplier: float) -> int:
    """The width of the last pair, which outputs the features."""
    return scaled(PAIRS[-1][0], depth_multiplier)


def _spec(multiplier: float, size: int, top1: float) -> NetworkSpec:
    archive = (
        f"mobilenet_v1_{multiplier:.2g}_{size}" if multiplier < 1 else f"mobilenet_v1_1.0_{size}"
    )
    return NetworkSpec(
        name=f"mobilenet_v1_{round(multiplier * 100):03}_{size}",
        family="MobileNet V1",
        scope=SCOPE,
        layers="slimhub.nets.families.mobilenet_v1_layers:layers",
        image_size=size,
        size_is_free=True,
        depth_multiplier=multiplier,
        can_be_dilated=True,
        feature_depth=feature_depth(multiplier),
        depth_rule=feature_depth,
        feature_endpoint="AvgPool_1a",
        batch_norm_decay=0.9997,
        dropout_keep=0.999,
        paper=_PAPER,
        published=Published("TF-Slim's table of MobileNet V1 checkpoints", top1=top1),
        checkpoint=f"mobilenet_v1_2018_02_22/{archive}/{archive}.ckpt",
        archive_url=f"{public_checkpoints.SLIM}/mobilenet_v1_2018_02_22/{archive}.tgz",
    )


SPECS = tuple(
    _spec(multiplier, size, top1)
    for multiplier, figures in _TOP1.items()
    for size, top1 in zip(_SIZES, figures, strict=True)
)
