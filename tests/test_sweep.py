"""The sweep over all networks: its choice of networks, and one export of the largest."""

import subprocess
import sys

import pytest

from scripts import sweep
from tests.support import REPOSITORY

SIX_GIB = 6 * 2**30 / 1e6  # MB


def test_small_and_large_networks_are_told_apart():
    large = [name for name in sweep.of_one_size() if sweep.is_large(name)]
    assert {"nasnet_large", "vgg_16", "resnet_v1_101", "inception_v4"} <= set(large)
    assert not {"nasnet_mobile", "resnet_v2_50", "mobilenet_v3_large_100_224"} & set(large)


def test_an_export_is_measured(synthetic_checkpoint, tmp_path):
    name = "mobilenet_v1_025_128"
    row = sweep.measure(name, "feature_vector", synthetic_checkpoint(name), tmp_path / "artifact")
    assert row.outcome.endswith(" checks passed")
    assert 3 < row.seconds < 300
    assert 300 < row.memory < 6000  # the processes import TensorFlow
    assert 1 < row.size < 10


def test_an_export_that_fails_says_why(synthetic_checkpoint, tmp_path):
    other = synthetic_checkpoint("mobilenet_v1_025_128")
    row = sweep.measure("mobilenet_v2_035_96", "feature_vector", other, tmp_path / "artifact")
    assert row.size == 0
    assert "mobilenet_v1_025" in row.outcome


@pytest.mark.large
def test_the_largest_network_needs_less_than_six_gibibytes(tmp_path):
    prefix = tmp_path / "model.ckpt-1"
    make = [sys.executable, "-m", "scripts.make_checkpoint", "nasnet_large", str(prefix)]
    subprocess.run(make, check=True, cwd=REPOSITORY)
    row = sweep.measure("nasnet_large", "feature_vector", prefix, tmp_path / "artifact")
    assert row.outcome.endswith(" checks passed")
    assert row.memory < SIX_GIB
