"""AlexNet in its second version, without local response normalization."""

from __future__ import annotations

from slimhub.nets.scaling import InputScaling
from slimhub.nets.spec import NetworkSpec, Paper

_PAPER = Paper(
    title="One weird trick for parallelizing convolutional neural networks",
    authors="Alex Krizhevsky",
    year=2014,
    url="https://arxiv.org/abs/1404.5997",
)

SPECS = (
    NetworkSpec(
        name="alexnet_v2",
        family="AlexNet",
        scope="alexnet_v2",
        layers="slimhub.nets.families.alexnet_layers:layers",
        image_size=224,
        smallest_image=195,  # leaves the five positions that the first full layer covers
        feature_depth=4096,
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
    ),
)
