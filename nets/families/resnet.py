"""ResNet V1 and V2 with 50, 101, 152 and 200 layers."""

from __future__ import annotations

import dataclasses

from slimhub.nets.families import public_checkpoints
from slimhub.nets.scaling import InputScaling
from slimhub.nets.spec import NetworkSpec, Paper, Published

_UNITS = {  # of each block, by the number of layers
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
}
_SOURCE = "TF-Slim's table of checkpoints"
_V1_FIGURES = {
    50: Published(_SOURCE, top1=75.2, top5=92.2),
    101: Published(_SOURCE, top1=76.4, top5=92.9),
    152: Published(_SOURCE, top1=76.8, top5=93.2),
}
_V2_FIGURES = {
    50: Published(f"{_SOURCE}, at 299 pixels", top1=75.6, top5=92.8),
    101: Published(f"{_SOURCE}, at 299 pixels", top1=77.0, top5=93.7),
    152: Published(f"{_SOURCE}, at 299 pixels", top1=77.8, top5=94.1),
}
_UNPUBLISHED = Published("none")

_AUTHORS = "Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun"
_V1_PAPER = Paper(
    title="Deep Residual Learning for Image Recognition",
    authors=_AUTHORS,
    year=2015,
    url="https://arxiv.org/abs/1512.03385",
)
_V2_PAPER = Paper(
    title="Identity Mappings in Deep Residual Networks",
    authors=_AUTHORS,
    year=2016,
    url="https://arxiv.org/abs/1603.05027",
)


def _spec(version: int, size: int) -> NetworkSpec:
    name = f"resnet_v{version}_{size}"
    figures = _V1_FIGURES if version == 1 else _V2_FIGURES
    return NetworkSpec(
        name=name,
        family=f"ResNet V{version}",
        scope=name,
        layers=f"slimhub.nets.families.resnet_layers:layers_v{version}",
        definition=_UNITS[size],
        image_size=224,
        size_is_free=True,
        can_be_dilated=True,
        feature_depth=2048,
        weight_decay=1e-4,
        batch_norm_epsilon=1e-5,
        dropout_keep=1.0,
        logits_scope="logits",
        logits_endpoint="logits",
        logits_are_flat=False,
        predictions_endpoint="predictions",
        head=r"/logits/",
        paper=_V1_PAPER if version == 1 else _V2_PAPER,
        published=figures.get(size, _UNPUBLISHED),
    )


def _from_caffe(size: int) -> NetworkSpec:
    """The weights of the paper's authors, converted by TF-Slim."""
    name = f"resnet_v1_{size}"
    return dataclasses.replace(
        _spec(1, size),
        name=f"{name}_caffe",
        num_classes=1000,
        has_background=False,
        input_scaling=InputScaling.CAFFE,
        **public_checkpoints.fields(f"{name}_2016_08_28/{name}.ckpt"),
    )


def _with_checkpoint(size: int) -> NetworkSpec:
    """A V2 network with published weights."""
    name = f"resnet_v2_{size}"
    public = public_checkpoints.fields(f"{name}_2017_04_14/{name}.ckpt")
    return dataclasses.replace(_spec(2, size), **public)


SPECS = (
    *(_spec(1, size) for size in _UNITS),
    *(_from_caffe(size) for size in _V1_FIGURES),
    *(_with_checkpoint(size) for size in _V2_FIGURES),
    _spec(2, 200),
)
