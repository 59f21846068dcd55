"""VGG of 16 and 19 layers, as TF-Slim converted them from Caffe."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from slimhub.nets.scaling import InputScaling
from slimhub.nets.spec import NetworkSpec, Paper, Published

if TYPE_CHECKING:
    import tensorflow as tf

_REPEATS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # convolutions of each block
_WIDTHS = (64, 128, 256, 512, 512)  # of each block's convolutions
_FULL_WIDTH = 4096
_FULL_KERNEL = 7  # the first full layer sees all of the last map of 224 pixels

_SOURCE = "TF-Slim's table of checkpoints"
_FIGURES = {
    16: Published(_SOURCE, top1=71.5, top5=89.8),
    19: Published(_SOURCE, top1=71.1, top5=89.8),
}
_PAPER = Paper(
    title="Very Deep Convolutional Networks for Large-Scale Image Recognition",
    authors="Karen Simonyan, Andrew Zisserman",
    year=2014,
    url="https://arxiv.org/abs/1409.1556",
)


def _layers(
    repeats: tuple[int, ...],
    is_training: bool,
    spec: NetworkSpec,
    images: tf.Tensor,
    endpoints: dict[str, tf.Tensor],
) -> tf.Tensor:
    """The layers up to the features; see `trunk.Layers`."""
    import tensorflow as tf
    import tf_slim as slim

    net = images
    for i, (width, count) in enumerate(zip(_WIDTHS, repeats, strict=True), 1):
        for j in range(1, count + 1):
            scope = f"conv{i}/conv{i}_{j}"
            net = endpoints[scope] = slim.conv2d(net, width, 3, normalizer_fn=None, scope=scope)
        net = endpoints[f"pool{i}"] = slim.max_pool2d(net, 2, scope=f"pool{i}")
    full = {"normalizer_fn": None, "padding": "VALID"}
    net = slim.conv2d(net, _FULL_WIDTH, _FULL_KERNEL, scope="fc6", **full)
    endpoints["fc6"] = net
    if is_training:
        net = tf.nn.dropout(net, rate=1.0 - spec.dropout_keep, name="dropout6")
    net = endpoints["fc7"] = slim.conv2d(net, _FULL_WIDTH, 1, scope="fc7", **full)
    return net


def _build(
    size: int, spec: NetworkSpec, images: tf.Tensor, *, is_training: bool, **options: object
) -> dict[str, tf.Tensor]:
    from slimhub.nets import trunk  # imports TensorFlow

    layers = functools.partial(_layers, _REPEATS[size], is_training)
    return trunk.build(layers, spec, images, is_training=is_training, **options)


def _spec(size: int) -> NetworkSpec:
    name = f"vgg_{size}"
    return NetworkSpec(
        name=name,
        family="VGG",
        scope=name,
        builder=functools.partial(_build, size),
        image_size=224,
        smallest_image=224,
        feature_depth=_FULL_WIDTH,
        num_classes=1000,
        has_background=False,
        input_scaling=InputScaling.CAFFE,
        weight_decay=5e-4,
        dropout_keep=0.5,
        logits_scope="fc8",
        logits_endpoint="fc8",
        predictions_endpoint=None,
        head=r"/fc8/",
        paper=_PAPER,
        published=_FIGURES[size],
        checkpoint=f"{name}_2016_08_28/{name}.ckpt",
    )


SPECS = tuple(_spec(size) for size in _REPEATS)
