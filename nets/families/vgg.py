"""VGG: with 16 and 19 layers as TF-Slim converted them from Caffe, and with 11."""

from __future__ import annotations

from slimhub.nets.families import public_checkpoints
from slimhub.nets.scaling import InputScaling
from slimhub.nets.spec import NetworkSpec, Paper, Published

_REPEATS = {  # convolutions of each block
    "a": (1, 1, 2, 2, 2),
    "16": (2, 2, 3, 3, 3),
    "19": (2, 2, 4, 4, 4),
}
FULL_WIDTH = 4096  # of the layers between the last map and the logits

_SOURCE = "TF-Slim's table of checkpoints"
_FIGURES = {
    "a": Published("the paper, for images of one size", top1=70.4, top5=89.6),
    "16": Published(_SOURCE, top1=71.5, top5=89.8),
    "19": Published(_SOURCE, top1=71.1, top5=89.8),
}
_PAPER = Paper(
    title="Very Deep Convolutional Networks for Large-Scale Image Recognition",
    authors="Karen Simonyan, Andrew Zisserman",
    year=2014,
    url="https://arxiv.org/abs/1409.1556",
)


def _spec(size: str) -> NetworkSpec:
    name = f"vgg_{size}"
    return NetworkSpec(
        name=name,
        family="VGG",
        scope=name,
        layers="slimhub.nets.families.vgg_layers:layers",
        definition=_REPEATS[size],
        image_size=224,
        smallest_image=224,
        feature_depth=FULL_WIDTH,
        num_classes=1000,
        has_background=False,
        input_scaling=InputScaling.CAFFE,
        has_batch_norm=False,
        weight_decay=5e-4,
        dropout_keep=0.5,
        logits_scope="fc8",
        logits_endpoint="fc8",
        predictions_endpoint=None,
        head=r"/fc8/",
        paper=_PAPER,
        published=_FIGURES[size],
        **_checkpoint(name),
    )


def _checkpoint(name: str) -> public_checkpoints.Fields:
    """TF-Slim converted the two deeper ones."""
    if name == "vgg_a":
        return public_checkpoints.NONE
    return public_checkpoints.fields(f"{name}_2016_08_28/{name}.ckpt")


SPECS = tuple(_spec(size) for size in _REPEATS)
