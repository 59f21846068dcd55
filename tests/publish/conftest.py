"""Artifacts and hubs of the tests of this room."""

import shutil

import pytest

from publish import publishing

HANDLE = "google/imagenet/mobilenet_v3_small_075_224/feature_vector/5"


@pytest.fixture
def copied(artifact, tmp_path):
    """A copy of the first network's artifact, to be changed."""
    return shutil.copytree(artifact().path, tmp_path / "copied")


@pytest.fixture
def put():
    """Publishes, and gives the outcome."""

    def put(folder, hub, handle=HANDLE, **options):
        options.setdefault("url", None)
        return publishing.publish(publishing.choose(folder, handle, **options), hub)

    return put
