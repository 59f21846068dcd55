"""CifarNet, which TF-Slim trains on CIFAR-10."""

from __future__ import annotations

from slimhub.nets.scaling import InputScaling
from slimhub.nets.spec import NetworkSpec, Paper

_PAPER = Paper(
    title="Learning Multiple Layers of Features from Tiny Images",
    authors="Alex Krizhevsky",
    year=2009,
    url="https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf",
)

SPECS = (
    NetworkSpec(
        name="cifarnet",
        family="CifarNet",
        scope="CifarNet",
        layers="slimhub.nets.families.cifarnet_layers:layers",
        image_size=32,
        smallest_image=4,  # after two poolings, one position is left
        size_can_be_free=False,
        feature_depth=192,
        feature_endpoint="fc4",
        features_are_flat=True,
        num_classes=10,
        has_background=False,
        input_scaling=InputScaling.STANDARDIZED,
        has_batch_norm=False,
        weight_decay=4e-3,
        regularized=r"/fc\d/weights$",
        dropout_keep=1.0,  # that before the logits; there is one between the full layers
        logits_scope="logits",
        logits_are_full=True,
        head=r"/logits/",
        paper=_PAPER,
    ),
)
