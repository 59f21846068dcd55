"""Inception V1 to V4, and Inception-ResNet V2; the layers of V1 to V3 are TF-Slim's own."""

from __future__ import annotations

import dataclasses
import functools

from slimhub.nets.families import public_checkpoints
from slimhub.nets.spec import NetworkSpec, Paper, Published

_SOURCE = "TF-Slim's table of checkpoints"
_LEAST_WIDTH = 16
_FOLDER = "slimhub.nets.families"

_V1_PAPER = Paper(
    title="Going Deeper with Convolutions",
    authors="Christian Szegedy, Wei Liu, Yangqing Jia, Pierre Sermanet, Scott Reed, "
    "Dragomir Anguelov, Dumitru Erhan, Vincent Vanhoucke, Andrew Rabinovich",
    year=2014,
    url="https://arxiv.org/abs/1409.4842",
)
_V2_PAPER = Paper(
    title="Batch Normalization: Accelerating Deep Network Training by Reducing Internal "
    "Covariate Shift",
    authors="Sergey Ioffe, Christian Szegedy",
    year=2015,
    url="https://arxiv.org/abs/1502.03167",
)
_V3_PAPER = Paper(
    title="Rethinking the Inception Architecture for Computer Vision",
    authors="Christian Szegedy, Vincent Vanhoucke, Sergey Ioffe, Jonathon Shlens, Zbigniew Wojna",
    year=2015,
    url="https://arxiv.org/abs/1512.00567",
)

V4_PAPER = Paper(
    title="Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
    authors="Christian Szegedy, Sergey Ioffe, Vincent Vanhoucke, Alex Alemi",
    year=2016,
    url="https://arxiv.org/abs/1602.07261",
)


def _scaled(width: int, depth_multiplier: float) -> int:
    """The width of a branch: truncated, not rounded, and at least 16."""
    return max(_LEAST_WIDTH, int(width * depth_multiplier))


def _depth(branches: tuple[int, ...], depth_multiplier: float) -> int:
    """The features are the concatenated branches of the last block."""
    return sum(_scaled(width, depth_multiplier) for width in branches)


# Branch widths of the last block, from the tables in the papers.
_V2_LAST = (352, 320, 224, 128)
_V3_LAST = (320, 384, 384, 384, 384, 192)


def _spec(version: int, feature_depth: int) -> NetworkSpec:
    name = f"inception_v{version}"
    return NetworkSpec(
        name=name,
        family=f"Inception V{version}",
        scope=f"InceptionV{version}",
        layers=f"{_FOLDER}.inception_slim_layers:layers",
        definition=version,
        image_size=224,
        size_is_free=True,
        feature_depth=feature_depth,
        batch_norm_scale=False,
        norms_are_optional=True,
        batch_norm_decay=0.9997,
        **public_checkpoints.fields(f"{name}_2016_08_28/{name}.ckpt"),
    )


def _late_spec(version: int) -> NetworkSpec:
    """What Inception V4 and Inception-ResNet V2 share."""
    return dataclasses.replace(
        _spec(version, 1536),
        image_size=299,
        smallest_image=75,
        dropout_endpoint="PreLogitsFlatten",
        logits_scope="Logits/Logits",
        logits_are_full=True,
        auxiliary=r"/AuxLogits/",
        paper=V4_PAPER,
    )


SPECS = (
    dataclasses.replace(
        _spec(1, 1024),
        logits_scope="Logits/Conv2d_0c_1x1",
        paper=_V1_PAPER,
        published=Published(_SOURCE, top1=69.8, top5=89.6),
    ),
    dataclasses.replace(
        _spec(2, 1024),
        depth_rule=functools.partial(_depth, _V2_LAST),
        paper=_V2_PAPER,
        published=Published(_SOURCE, top1=73.9, top5=91.8),
    ),
    dataclasses.replace(
        _spec(3, 2048),
        image_size=299,
        smallest_image=75,
        depth_rule=functools.partial(_depth, _V3_LAST),
        dropout_endpoint="PreLogits",
        auxiliary=r"/AuxLogits/",
        paper=_V3_PAPER,
        published=Published(_SOURCE, top1=78.0, top5=93.9),
    ),
    dataclasses.replace(
        _late_spec(4),
        layers=f"{_FOLDER}.inception_v4_layers:layers",
        **public_checkpoints.fields("inception_v4_2016_09_09/inception_v4.ckpt"),
        published=Published(_SOURCE, top1=80.2, top5=95.2),
    ),
    dataclasses.replace(
        _late_spec(2),
        name="inception_resnet_v2",
        family="Inception-ResNet V2",
        scope="InceptionResnetV2",
        layers=f"{_FOLDER}.inception_resnet_layers:layers",
        regularized=r"/(weights|biases)$",
        **public_checkpoints.fields(
            "inception_resnet_v2_2016_08_30/inception_resnet_v2_2016_08_30.ckpt"
        ),
        published=Published(_SOURCE, top1=80.4, top5=95.3),
    ),
)
