"""What is in a checkpoint, for programs and for people."""

import json

import numpy as np
import pytest

from slimhub import checkpoints
from tests.checkpoints.conftest import PLAIN, SHADOW, make, make_v1, tar, with_shadows


@pytest.fixture
def described(tmp_path):
    """Writes a checkpoint into a folder, and describes what opening its source gives."""

    def describe(values=PLAIN, label="model-7"):
        make(tmp_path / "source" / label, values)
        with checkpoints.open(tmp_path / "source") as checkpoint:
            return checkpoints.describe(checkpoint)

    return describe


def test_a_description_is_json(described):
    description = described({**with_shadows(), "text": "hello", "flag": np.array(True)})
    assert json.loads(json.dumps(description, allow_nan=False)) == description


def test_a_description_of_v1_is_json(tmp_path):
    with checkpoints.open(make_v1(tmp_path / "model.ckpt")) as checkpoint:
        description = checkpoints.describe(checkpoint)
    assert json.loads(json.dumps(description)) == description
    assert description["format"] == "V1"


def test_a_description_says_what_is_in_it(described):
    description = described()
    assert len(description.pop("sha256")) == 64
    assert description == {
        "checkpoint": "model-7",
        "source": "source",
        "candidates": ["model-7"],
        "choice": "the only checkpoint in it",
        "format": "V2",
        "kind": "a TensorFlow 1 Saver checkpoint",
        "step": 7,
        "averages": "unknown",
        "kinds": {"variables": 2, "training step": 1},
        "scopes": {"Net": {"tensors": 2, "parameters": 15}},
        "tensors": {
            "Net/Conv/BatchNorm/moving_variance": ["float32", 3],
            "Net/Conv/weights": ["float32", 3, 4],
            "global_step": ["int64"],
        },
    }


def test_shadows_and_slots_are_no_variables(described):
    slot = {"Net/Conv/weights/Momentum": PLAIN["Net/Conv/weights"]}
    description = described({**with_shadows(), **slot})
    assert description["averages"] == "shadows"
    assert description["scopes"] == {"Net": {"tensors": 2, "parameters": 15}}
    kinds = {"variables": 2, "moving averages": 2, "optimizer slots": 1, "training step": 1}
    assert description["kinds"] == kinds


def test_a_description_names_no_folder_of_this_machine(folder, tmp_path):
    with checkpoints.open(tar(tmp_path / "a.tgz", folder)) as checkpoint:
        description = checkpoints.describe(checkpoint)
    assert str(tmp_path) not in json.dumps(description)
    assert "/tmp" not in json.dumps(description)
    assert description["source"] == "a.tgz"


def test_a_description_is_readable_after_close(described):
    text = checkpoints.render(described(label="ema/model-7"))
    assert "checkpoint  ema/model-7, from source" in text
    assert "under the plain names, as the folder name says" in text


def test_text_lists_the_other_candidates(described):
    described(label="pristine/model-7")
    lines = checkpoints.render(described(label="ema/model-7")).splitlines()
    assert "others      pristine/model-7" in lines
    assert "            one of 2, preferred because it is in a folder named ema/" in lines


def test_text_lists_tensors_only_when_asked(described):
    description = described()
    name = "Net/Conv/weights"
    assert name not in checkpoints.render(description)
    lines = checkpoints.render(description, tensors=True).splitlines()
    assert f"  {name}  float32[3, 4]" in lines
    assert "  global_step  int64[]" in lines


def test_text_says_what_is_unknown(described):
    description = described({"w" + SHADOW: PLAIN["Net/Conv/weights"]}, "model")
    text = checkpoints.render(description)
    assert "step        unknown" in text
    assert "averages    next to the raw values, as X/ExponentialMovingAverage" in text
    assert "scope" not in text
