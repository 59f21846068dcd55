"""Checkpoints for a whole manifest, made by one command."""

import subprocess
import sys

import pytest

from scripts import make_checkpoints
from slimhub import checkpoints, zoo
from slimhub.common.errors import RequestError
from tests.fixtures.support import REPOSITORY

MANIFEST = """
[defaults]
tasks = ["feature_vector", "classification"]
checkpoint = "made/{network}/model.ckpt-1"
output = "out/{network}/{task}"

[export.small]
networks = "mobilenet_v1_025_128"
num_classes = 7
"""


def test_the_published_zoo_wants_one_for_each_network(tmp_path):
    wanted = make_checkpoints.wanted(REPOSITORY / "samples" / "published.toml", tmp_path)
    assert len(wanted) == 55


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MANIFEST.replace("made/", "https://models.example/"), "is not a prefix"),
        (MANIFEST.replace("/model.ckpt-1", ".tgz"), "is not a prefix"),
        (MANIFEST + '[export.b]\nnetworks = "mobilenet_v1_025_128"\noutput = "b/{task}"\n',
         "is used with different options"),
        ("", "zoo.toml"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused(tmp_path, text, message):
    path = tmp_path / "zoo.toml"
    path.write_text(text)
    with pytest.raises(RequestError, match=message):
        make_checkpoints.wanted(path, tmp_path)


@pytest.mark.slow
def test_what_is_made_is_what_the_manifest_names(tmp_path):
    path = tmp_path / "zoo.toml"
    path.write_text(MANIFEST)
    command = [sys.executable, "-m", "scripts.make_checkpoints", path, tmp_path / "data"]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert finished.stdout == "1 of 1: mobilenet_v1_025_128 made\n"
    for job in zoo.plan(path, tmp_path / "data"):
        with checkpoints.open(job.request.checkpoint) as opened:
            logits = opened.tensors["MobilenetV1/Logits/Conv2d_1c_1x1/biases"]
            assert logits.shape == (7,)
    assert make_checkpoints.wanted(path, tmp_path / "data") == {}
