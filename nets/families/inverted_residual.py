"""Describes networks of inverted residual blocks: MobileNet V2, V3 and EdgeTPU."""

from __future__ import annotations

import dataclasses

from slimhub.nets.layers.rounding import round8

RELU = "relu"
RELU6 = "relu6"
HARD_SWISH = "hard_swish"

LAYERS = "slimhub.nets.families.inverted_residual_layers:layers"


_ACTIVATIONS = {"RE": RELU, "R6": RELU6, "HS": HARD_SWISH}


@dataclasses.dataclass(frozen=True)
class Block:
    """One inverted residual block; widths are those at depth multiplier 1."""

    kernel: int
    expansion: float  # relative to the width of the block's input
    width: int  # of the output
    squeeze_excite: bool
    activation: str
    stride: int
    fused: bool = False  # expand and depthwise are one k x k convolution
    residual: bool = True  # add the input if shapes allow


@dataclasses.dataclass(frozen=True)
class InvertedResidualNetwork:
    """A network of inverted residual blocks, layer by layer."""

    scope: str
    stem_width: int
    activation: str  # of the layers outside the blocks
    blocks: tuple[Block, ...]
    last_width: int | None  # 1x1 convolution before pooling; if None, it makes the features
    feature_width: int


def read_blocks(rows: str) -> tuple[Block, ...]:
    """Parses blocks from rows of `kernel expansion width SE|- RE|R6|HS stride`."""
    blocks = []
    for row in rows.strip().splitlines():
        kernel, expansion, width, squeeze, activation, stride = row.split()
        over, _, under = expansion.partition("/")
        blocks.append(
            Block(
                kernel=int(kernel),
                expansion=float(over) / float(under or 1),
                width=int(width),
                squeeze_excite=squeeze == "SE",
                activation=_ACTIVATIONS[activation],
                stride=int(stride),
            )
        )
    return tuple(blocks)


def feature_depth(definition: InvertedResidualNetwork, depth_multiplier: float) -> int:
    """The published width of the feature layer: narrower networks keep the full width ("finegrain
    classification mode")."""
    return round8(definition.feature_width * max(1.0, depth_multiplier))
