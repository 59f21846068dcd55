"""MobileNet V3 (large, small, minimalistic) and MobileNet EdgeTPU.

Widths, kernels and strides follow "Searching for MobileNetV3" (tables 1 and 2) and, for EdgeTPU,
the definition that Google published with its checkpoints.
"""

from __future__ import annotations

import dataclasses
import functools

from slimhub.nets.families import inverted_residual, public_checkpoints
from slimhub.nets.families.inverted_residual import (
    HARD_SWISH,
    RELU,
    Block,
    InvertedResidualNetwork,
    read_blocks,
)
from slimhub.nets.spec import NetworkSpec, Paper, Published

LARGE = InvertedResidualNetwork(
    scope="MobilenetV3",
    stem_width=16,
    activation=HARD_SWISH,
    blocks=read_blocks("""
        3 1      16  -  RE 1
        3 4      24  -  RE 2
        3 3      24  -  RE 1
        5 3      40  SE RE 2
        5 3      40  SE RE 1
        5 3      40  SE RE 1
        3 6      80  -  HS 2
        3 2.5    80  -  HS 1
        3 184/80 80  -  HS 1
        3 184/80 80  -  HS 1
        3 6      112 SE HS 1
        3 6      112 SE HS 1
        5 6      160 SE HS 2
        5 6      160 SE HS 1
        5 6      160 SE HS 1
    """),
    last_width=960,
    feature_width=1280,
)

SMALL = InvertedResidualNetwork(
    scope="MobilenetV3",
    stem_width=16,
    activation=HARD_SWISH,
    blocks=read_blocks("""
        3 1     16 SE RE 2
        3 72/16 24 -  RE 2
        3 88/24 24 -  RE 1
        5 4     40 SE HS 2
        5 6     40 SE HS 1
        5 6     40 SE HS 1
        5 3     48 SE HS 1
        5 3     48 SE HS 1
        5 6     96 SE HS 2
        5 6     96 SE HS 1
        5 6     96 SE HS 1
    """),
    last_width=576,
    feature_width=1024,
)


def _minimalistic(definition: InvertedResidualNetwork) -> InvertedResidualNetwork:
    """The same widths without squeeze-excite, hard swish and 5x5 kernels."""
    blocks = tuple(
        dataclasses.replace(block, kernel=3, squeeze_excite=False, activation=RELU)
        for block in definition.blocks
    )
    return dataclasses.replace(definition, activation=RELU, blocks=blocks)


def _edgetpu_blocks() -> tuple[Block, ...]:
    # (kernel, expansion of the first and of the other blocks, width, stride, count, fused, whether
    # the first block adds its input if widths match)
    stages = (
        (3, 1, 1, 16, 1, 1, True, True),
        (3, 8, 4, 32, 2, 4, True, True),
        (3, 8, 4, 48, 2, 4, True, True),
        (3, 8, 4, 96, 2, 4, False, True),
        (3, 8, 4, 96, 1, 4, False, False),
        (5, 8, 4, 160, 2, 4, False, True),
        (3, 8, 8, 192, 1, 1, False, True),
    )
    blocks = []
    for kernel, expansion, later, width, stride, count, fused, adds in stages:
        blocks.append(Block(kernel, expansion, width, False, RELU, stride, fused, adds))
        blocks += [Block(kernel, later, width, False, RELU, 1, fused, True)] * (count - 1)
    return tuple(blocks)


EDGETPU = InvertedResidualNetwork(
    scope="MobilenetEdgeTPU",
    stem_width=32,
    activation=RELU,
    blocks=_edgetpu_blocks(),
    last_width=None,
    feature_width=1280,
)

_V3_PAPER = Paper(
    title="Searching for MobileNetV3",
    authors="Andrew Howard, Mark Sandler, Grace Chu, Liang-Chieh Chen, Bo Chen, Mingxing Tan, "
    "Weijun Wang, Yukun Zhu, Ruoming Pang, Vijay Vasudevan, Quoc V. Le, Hartwig Adam",
    year=2019,
    url="https://arxiv.org/abs/1905.02244",
)
_V3_TABLE = "TF-Slim's table of MobileNet V3 checkpoints"


def _spec(
    name: str,
    definition: InvertedResidualNetwork,
    multiplier: float,
    checkpoint: str,
    published: Published,
) -> NetworkSpec:
    return NetworkSpec(
        name=name,
        family="MobileNet EdgeTPU" if definition is EDGETPU else "MobileNet V3",
        scope=definition.scope,
        layers=inverted_residual.LAYERS,
        definition=definition,
        image_size=224,
        depth_multiplier=multiplier,
        can_be_dilated=definition is not EDGETPU,
        feature_depth=inverted_residual.feature_depth(definition, multiplier),
        depth_rule=functools.partial(inverted_residual.feature_depth, definition),
        paper=_V3_PAPER,
        published=published,
        **(
            public_checkpoints.fields(checkpoint, public_checkpoints.MOBILENET_V3, ".tgz")
            if checkpoint
            else public_checkpoints.NONE
        ),
    )


def _figures(
    top1: float,
    macs: float,
    parameters: float,
    headless: float,
    latency: tuple[float, float, float] | None = None,
) -> Published:
    return Published(
        source=_V3_TABLE,
        top1=top1,
        macs=macs,
        parameters=parameters,
        parameters_headless=headless,
        latency=latency,
    )


def _eight_bit_figures(top1: float, macs: float) -> Published:
    """The figures of the EdgeTPU networks; there is no published accuracy in float32."""
    return Published(source=f"{_V3_TABLE}: as quantized to 8 bits", top1=top1, macs=macs)


SPECS = (
    _spec("mobilenet_v3_large_100_224", LARGE, 1.0,
          "v3-large_224_1.0_float/ema/model-540000",
          _figures(75.2, 216.6, 5.484, 4.202, (51.2, 61, 44))),
    _spec("mobilenet_v3_large_075_224", LARGE, 0.75,
          "v3-large_224_0.75_float/ema/model-220000",
          _figures(73.3, 154.6, 3.995, 2.713, (39.8, 48, 34))),
    _spec("mobilenet_v3_large_minimalistic_100_224", _minimalistic(LARGE), 1.0,
          "v3-large-minimalistic_224_1.0_float/ema/model-342500",
          _figures(72.3, 209.1, 3.926, 2.643, (44.1, 51, 35))),
    _spec("mobilenet_v3_small_100_224", SMALL, 1.0,
          "v3-small_224_1.0_float/ema/model-388500",
          _figures(67.5, 56.5, 2.544, 1.518, (15.8, 19.4, 14.4))),
    _spec("mobilenet_v3_small_075_224", SMALL, 0.75,
          "v3-small_224_0.75_float/ema/model-497500",
          _figures(65.4, 43.4, 2.043, 1.017, (12.8, 15.9, 11.6))),
    _spec("mobilenet_v3_small_minimalistic_100_224", _minimalistic(SMALL), 1.0,
          "v3-small-minimalistic_224_1.0_float/ema/model-498000",
          _figures(61.9, 52.3, 2.046, 1.020, (12.2, 15.1, 11))),
    # The checkpoint names inside their archives, mobilenet_edgetpu_224_{1.0,0.75}.tgz, are not
    # known.
    _spec("mobilenet_edgetpu_100_224", EDGETPU, 1.0, "", _eight_bit_figures(75.6, 990)),
    _spec("mobilenet_edgetpu_075_224", EDGETPU, 0.75, "", _eight_bit_figures(73.5, 624)),
)  # fmt: skip
