"""Xception with 41, 65 and 71 layers, as DeepLab trains it."""

from __future__ import annotations

import dataclasses

from slimhub.nets.families import public_checkpoints
from slimhub.nets.spec import NetworkSpec, Paper


@dataclasses.dataclass(frozen=True)
class SeparableBlock:
    """Modules of three separable convolutions each.

    Attributes:
      scope: of the block, inside the network's.
      widths: of the three convolutions.
      stride: of the last convolution of the last module.
      shortcut: what is added to the third convolution's output: a `conv` of the module's input,
        that input itself (`sum`), or `none`.
      modules: how many there are.
      activates_inside: whether a rectifier follows each convolution, depthwise and pointwise,
        instead of one before each pair.
    """

    scope: str
    widths: tuple[int, int, int]
    stride: int = 1
    shortcut: str = "conv"
    modules: int = 1
    activates_inside: bool = False


_ENTRY = (
    SeparableBlock("entry_flow/block1", (128, 128, 128), stride=2),
    SeparableBlock("entry_flow/block2", (256, 256, 256), stride=2),
    SeparableBlock("entry_flow/block3", (728, 728, 728), stride=2),
)
_LONG_ENTRY = (
    SeparableBlock("entry_flow/block1", (128, 128, 128), stride=2),
    SeparableBlock("entry_flow/block2", (256, 256, 256)),
    SeparableBlock("entry_flow/block3", (256, 256, 256), stride=2),
    SeparableBlock("entry_flow/block4", (728, 728, 728)),
    SeparableBlock("entry_flow/block5", (728, 728, 728), stride=2),
)
_EXIT = (
    SeparableBlock("exit_flow/block1", (728, 1024, 1024), stride=2),
    SeparableBlock("exit_flow/block2", (1536, 1536, 2048), shortcut="none", activates_inside=True),
)


def _middle(modules: int) -> SeparableBlock:
    return SeparableBlock("middle_flow/block1", (728, 728, 728), shortcut="sum", modules=modules)


_BLOCKS = {
    41: (*_ENTRY, _middle(8), *_EXIT),
    65: (*_ENTRY, _middle(16), *_EXIT),
    71: (*_LONG_ENTRY, _middle(16), *_EXIT),
}
_CHECKPOINTS = {
    41: "xception_41_2018_05_09/xception_41/model.ckpt",
    65: "deeplabv3_xception_2018_01_04/xception/model.ckpt",
    71: "xception_71_2018_05_09/xception_71/model.ckpt",
}
_PAPER = Paper(
    title="Xception: Deep Learning with Depthwise Separable Convolutions",
    authors="Francois Chollet",
    year=2016,
    url="https://arxiv.org/abs/1610.02357",
)


def _spec(size: int) -> NetworkSpec:
    name = f"xception_{size}"
    return NetworkSpec(
        name=name,
        family="Xception",
        scope=name,
        layers="slimhub.nets.families.xception_layers:layers",
        definition=_BLOCKS[size],
        image_size=299,
        feature_depth=2048,
        batch_norm_decay=0.9997,
        dropout_keep=0.5,
        logits_scope="logits",
        logits_endpoint="logits",
        logits_are_flat=False,
        predictions_endpoint="predictions",
        head=r"/logits/",
        paper=_PAPER,
        **public_checkpoints.fields(_CHECKPOINTS[size]),
    )


SPECS = tuple(_spec(size) for size in _BLOCKS)
