"""A disk that is full while the artifact is written is one sentence."""

import os
import subprocess

import pytest

from slimhub import nets
from slimhub.common.errors import ExportError
from slimhub.export.savedmodel import graphs, writer
from tests.fixtures.support import REPOSITORY


@pytest.fixture
def small_disk(tmp_path):
    """A disk of half a megabyte: less than the variables of the smallest network need."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(tmp_path)]
    mounted = subprocess.run(mount, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"this system mounts nothing: {mounted.stderr}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_is_one_sentence(small_disk):
    options = {"depth_multiplier": 0.35, "image_size": 32}
    spec = nets.get("mobilenet_v3_small_100_224").customized(**options)
    built = graphs.build(spec, "feature_vector")
    (small_disk / "artifact").mkdir()
    with pytest.raises(ExportError, match=r"^cannot write the SavedModel: .*No space") as error:
        writer.write(small_disk / "artifact", spec, "feature_vector", built, None)
    assert "\n" not in str(error.value)
