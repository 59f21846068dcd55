"""The sweep over all networks: its choice of networks, and one export of the largest."""

import subprocess
import sys
import threading
import time

import psutil
import pytest

from scripts import sweep
from tests.fixtures.support import REPOSITORY

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


def test_an_export_that_is_killed_is_told(synthetic_checkpoint, tmp_path):
    name = "mobilenet_v1_025_128"
    killer = threading.Thread(target=kill_an_export)
    killer.start()
    row = sweep.measure(name, "feature_vector", synthetic_checkpoint(name), tmp_path / "artifact")
    killer.join()
    assert row.outcome.startswith("exit code -9")  # what it said until then, if anything, follows


def kill_an_export():
    """Kills a child of this process that exports, as soon as there is one, within a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for child in psutil.Process().children():
            if "slimhub" in child.cmdline():
                child.kill()
                return
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sweep", "nosuch*"], "no small network matches nosuch*"),
        (["sweep", "vgg_16"], "no small network matches vgg_16"),
        (["make_checkpoint", "nosuch", "x"], "unknown network 'nosuch'"),
    ],
)
def test_networks_that_are_not_there_are_refused(arguments, message):
    script, *words = arguments
    command = [sys.executable, "-m", f"scripts.{script}", *words]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert finished.returncode == 2
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.large
def test_the_largest_network_needs_less_than_six_gibibytes(tmp_path):
    prefix = tmp_path / "model.ckpt-1"
    make = [sys.executable, "-m", "scripts.make_checkpoint", "nasnet_large", str(prefix)]
    subprocess.run(make, check=True, cwd=REPOSITORY)
    row = sweep.measure("nasnet_large", "feature_vector", prefix, tmp_path / "artifact")
    assert row.outcome.endswith(" checks passed")
    assert row.memory < SIX_GIB
