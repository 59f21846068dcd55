"""OverFeat, the fast of the paper's two networks."""

from __future__ import annotations

from slimhub.nets.scaling import InputScaling
from slimhub.nets.spec import NetworkSpec, Paper

_PAPER = Paper(
    title="OverFeat: Integrated Recognition, Localization and Detection using Convolutional "
    "Networks",
    authors="Pierre Sermanet, David Eigen, Xiang Zhang, Michael Mathieu, Rob Fergus, Yann LeCun",
    year=2013,
    url="https://arxiv.org/abs/1312.6229",
)

SPECS = (
    NetworkSpec(
        name="overfeat",
        family="OverFeat",
        scope="overfeat",
        layers="slimhub.nets.families.overfeat_layers:layers",
        image_size=231,
        smallest_image=231,  # leaves the six positions that the first full layer covers
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
