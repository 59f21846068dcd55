"""`slimhub evaluate` as a command: what it prints and writes, and what it refuses."""

import json
import shutil

import pytest

from tests.fixtures.commands import run


def test_the_figures_as_json(sample_artifact, digit_data, tmp_path):
    artifact = shutil.copytree(sample_artifact("classification"), tmp_path / "digits")
    finished = run(
        *("evaluate", artifact, digit_data.named, "--preprocessing=resize", "--format=json")
    )
    assert finished.returncode == 0, finished.stderr
    said = json.loads(finished.stdout)
    assert said["top1"] == digit_data.right / 360
    written = json.loads((tmp_path / "digits.evaluation.json").read_text())
    assert said.items() >= written.items()
    assert {*written} >= {
        *("count", "top1", "top5", "loss", "interval", "per_class", "confusions"),
        *("preprocessing", "data", "artifact", "versions"),
    }
    assert "slimhub: 360 of 360 images" in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "DATA"], "nowhere does not exist"),
        (["tests", "DATA"], "tests is not a SavedModel folder: it has no saved_model.pb"),
        (["README.md", "DATA"], "README.md is neither the folder of a SavedModel nor a file"),
        (["s3://bucket/x", "DATA"], "pass a URL that begins with http:// or https://"),
        (["ARTIFACT", "nowhere"], "the data nowhere does not exist"),
        (["ARTIFACT", "nowhere*"], "holds neither folders of pictures nor TFRecord files"),
        (["ARTIFACT", "README.md"], "README.md is not a TFRecord file that can be read: it ends"),
        (["ARTIFACT", "slimhub"], "slimhub has no pictures: it needs one folder per class"),
        (["ARTIFACT", "DATA", "--split=x"], "--split: DATA has no folder x"),
        (["ARTIFACT", "DATA", "--at_least=65"], "--at_least must be a fraction from 0 to 1"),
        (["ARTIFACT", "tfds:mnist"], "write tfds:NAME/SPLIT"),
    ],
)
def test_refused(arguments, message, sample_artifact, digit_data):
    places = {"ARTIFACT": str(sample_artifact("classification")), "DATA": str(digit_data.named)}
    finished = run("evaluate", *(places.get(word, word) for word in arguments))
    assert finished.returncode == 2, finished.stderr
    assert message.replace("DATA", places["DATA"]) in finished.stderr
