"""Manifests of small networks, and a zoo that a cluster has built once."""

import shutil

import pytest

from tests.fixtures.support import REPOSITORY

NETWORKS = ("mobilenet_v1_025_128", "mobilenet_v2_035_96")
_SAMPLE = REPOSITORY / "samples"


@pytest.fixture
def place(tmp_path, synthetic_checkpoint):
    """A folder with checkpoints of two small networks."""
    return fill(tmp_path, synthetic_checkpoint)


def fill(folder, synthetic_checkpoint):
    for network in NETWORKS:
        shutil.copytree(synthetic_checkpoint(network).parent, folder / "made" / network)
    shutil.copytree(_SAMPLE, folder / "samples")
    return folder


MANIFEST = """
[defaults]
tasks = ["feature_vector", "classification"]
checkpoint = "made/{network}/model.ckpt-7"
output = "out/{network}/{task}"
proof = "none"
memory_gb = 1

[export.small]
networks = ["mobilenet_v1_025_128", "mobilenet_v2_035_96"]
"""

DIGITS = """
[export.digits]
networks = "mobilenet_v3_small_100_224"
tasks = "classification"
checkpoint = "samples/digits_mobilenet_v3.tgz"
labels = "samples/digits_labels.txt"
output = "out/digits"
depth_multiplier = 0.35
num_classes = 10
image_size = 32
feature_depth = 128
proof = "quick"
"""


@pytest.fixture
def manifest(place):
    """Writes a manifest there."""

    def write(text=MANIFEST):
        (place / "zoo.toml").write_text(text, "utf-8")
        return place / "zoo.toml"

    return write
