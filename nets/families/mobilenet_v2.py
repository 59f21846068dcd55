"""MobileNet V2, with every published multiplier and image size.

Widths, expansions and strides follow table 2 of the paper.
"""

from __future__ import annotations

import functools

from slimhub.nets.families import inverted_residual, public_checkpoints
from slimhub.nets.families.inverted_residual import RELU6, Block, InvertedResidualNetwork
from slimhub.nets.spec import NetworkSpec, Paper, Published

_STAGES = (  # expansion, width, blocks, stride of the first
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)

V2 = InvertedResidualNetwork(
    scope="MobilenetV2",
    stem_width=32,
    activation=RELU6,
    blocks=tuple(
        Block(3, expansion, width, False, RELU6, stride if i == 0 else 1)
        for expansion, width, count, stride in _STAGES
        for i in range(count)
    ),
    last_width=None,
    feature_width=1280,
)

_PAPER = Paper(
    title="MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    authors="Mark Sandler, Andrew Howard, Menglong Zhu, Andrey Zhmoginov, Liang-Chieh Chen",
    year=2018,
    url="https://arxiv.org/abs/1801.04381",
)

_SIZES = (224, 192, 160, 128, 96)  # pixels
_TOP1 = {  # percent, at the sizes above
    1.0: (71.8, 70.7, 68.8, 65.3, 60.3),
    0.75: (69.8, 68.7, 66.4, 63.2, 58.8),
    0.5: (65.4, 63.9, 61.0, 57.7, 51.2),
    0.35: (60.3, 58.2, 55.7, 50.8, 45.5),
}
_WIDE = {1.4: (75.0, 92.5), 1.3: (74.4, 92.1)}  # top-1 and top-5 percent, at 224 pixels


def _spec(multiplier: float, size: int, top1: float, top5: float | None = None) -> NetworkSpec:
    archive = f"mobilenet_v2_{multiplier:.2g}_{size}"
    if multiplier == 1.0:
        archive = f"mobilenet_v2_1.0_{size}"
    return NetworkSpec(
        name=f"mobilenet_v2_{round(multiplier * 100):03}_{size}",
        family="MobileNet V2",
        scope=V2.scope,
        layers=inverted_residual.LAYERS,
        definition=V2,
        image_size=size,
        depth_multiplier=multiplier,
        can_be_dilated=True,
        feature_depth=inverted_residual.feature_depth(V2, multiplier),
        depth_rule=functools.partial(inverted_residual.feature_depth, V2),
        paper=_PAPER,
        published=Published("TF-Slim's table of MobileNet V2 checkpoints", top1=top1, top5=top5),
        **public_checkpoints.fields(
            f"{archive}/{archive}.ckpt", public_checkpoints.MOBILENET_V2, ".tgz"
        ),
    )


SPECS = (
    *(_spec(multiplier, 224, *figures) for multiplier, figures in _WIDE.items()),
    *(
        _spec(multiplier, size, top1)
        for multiplier, figures in _TOP1.items()
        for size, top1 in zip(_SIZES, figures, strict=True)
    ),
)
