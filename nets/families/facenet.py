"""Inception-ResNet V1, as FaceNet trains it to tell faces apart."""

from __future__ import annotations

from slimhub.nets.families.inception import V4_PAPER
from slimhub.nets.scaling import InputScaling
from slimhub.nets.spec import NetworkSpec

SCOPE = "InceptionResnetV1"

SPECS = (
    NetworkSpec(
        name="inception_resnet_v1",
        family="Inception-ResNet V1",
        scope="",  # the logits are outside of the network's own
        layers="slimhub.nets.families.facenet_layers:layers",
        image_size=160,
        smallest_image=75,
        feature_depth=512,
        feature_endpoint="Bottleneck",
        features_are_flat=True,
        num_classes=8631,  # persons in the training part of VGGFace2
        has_background=False,
        input_scaling=InputScaling.CENTERED_127,
        weight_decay=5e-4,
        batch_norm_scale=False,
        batch_norm_decay=0.995,
        dropout_keep=1.0,
        logits_scope="Logits",
        logits_are_full=True,
        predictions_endpoint=None,
        head=r"^Logits/",
        auxiliary=r"^centers$",  # of the classes, for the center loss
        paper=V4_PAPER,
    ),
)
