"""After every command, the folder for temporary files is as it was."""

import re
import shutil
import tempfile
from pathlib import Path

import pytest

from slimhub.cli import commands, main
from slimhub.publish.destinations import delivery

# Each of `COMMANDS` needs a row here, unless it has its own test.
ROWS = {
    "list": ["list"],
    "describe": ["describe", "mobilenet_v1_025_128"],
    "completion": ["completion", "bash"],
    "inspect": ["inspect", "samples/digits_mobilenet_v3.tgz"],
    "export": [
        *["export", "mobilenet_v3_small_100_224", "--checkpoint=samples/digits_mobilenet_v3.tgz"],
        *["--depth_multiplier=0.35", "--num_classes=10", "--image_size=32"],
        *["--feature_depth=128", "--proof=none", "--output=FOLDER/exported"],
    ],
    "convert": ["convert", "ARTIFACT", "FOLDER/features.tflite"],
    "bundle": ["bundle", "ARTIFACT", "--output=FOLDER/a.tar.gz"],
    "page": ["page", "ARTIFACT", "--handle=a/b/1"],
    "publish": ["publish", "ARTIFACT", "hub:FOLDER/hub", "--handle=a/b/1"],
    "evaluate": ["evaluate", "CLASSIFIER", "TABLE", "--preprocessing=resize"],
    "features": ["features", "ARTIFACT", "TABLE", "FOLDER/f.parquet", "--preprocessing=resize"],
    "benchmark": ["benchmark", "ARTIFACT", "--batch=1", "--threads=1"],
    "unpublish": ["unpublish", "FOLDER/hub", "a/b/1"],
}
# Their tests look at what these leave.
ELSEWHERE = {"verify", "serve", "zoo"}


def test_every_command_is_tried():
    assert set(commands.COMMANDS) == set(ROWS) | ELSEWHERE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("commands")


@pytest.mark.parametrize("name", ROWS)
def test_nothing_is_left(name, folder, tmp_path, monkeypatch, sample_artifact, digit_data):
    classifier = folder / "classifier"  # a copy, as figures are written beside it
    if not classifier.exists():
        shutil.copytree(sample_artifact("classification"), classifier)
    places = {
        "ARTIFACT": sample_artifact("feature_vector"),
        "CLASSIFIER": classifier,
        "TABLE": digit_data.table,
        "FOLDER": folder,
    }
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # of processes that the command starts
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(delivery, "_prove", lambda *_: None)
    place = re.compile("|".join(places))
    words = [place.sub(lambda found: str(places[found[0]]), word) for word in ROWS[name]]
    assert main._main(commands.parser().parse_args(words)) == 0
    assert list(Path(tmp_path).iterdir()) == []
