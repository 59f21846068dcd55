"""LeNet, as TF-Slim trains it on the digits of MNIST."""

from __future__ import annotations

from slimhub.nets.scaling import InputScaling
from slimhub.nets.spec import NetworkSpec, Paper

_PAPER = Paper(
    title="Gradient-Based Learning Applied to Document Recognition",
    authors="Yann LeCun, Leon Bottou, Yoshua Bengio, Patrick Haffner",
    year=1998,
    url="http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf",
)

SPECS = (
    NetworkSpec(
        name="lenet",
        family="LeNet",
        scope="LeNet",
        layers="slimhub.nets.families.lenet_layers:layers",
        image_size=28,
        channels=1,
        smallest_image=4,  # after two poolings, one position is left
        size_can_be_free=False,
        feature_depth=1024,
        feature_endpoint="fc3",
        features_are_flat=True,
        num_classes=10,
        has_background=False,
        input_scaling=InputScaling.CENTERED_128,
        has_batch_norm=False,
        weight_decay=0.0,
        dropout_keep=0.5,
        dropout_endpoint="dropout3",
        logits_scope="fc4",
        logits_are_full=True,
        head=r"/fc4/",
        paper=_PAPER,
    ),
)
