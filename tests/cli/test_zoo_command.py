"""`slimhub zoo` as a process: what it refuses at once, and what it plans."""

import json
import os

import pytest

from tests.fixtures.commands import run, run_light
from tests.fixtures.support import REPOSITORY

PUBLISHED = str(REPOSITORY / "samples" / "published.toml")


@pytest.fixture
def manifest(tmp_path):
    path = tmp_path / "zoo.toml"
    path.write_text(
        '[export.digits]\nnetworks = "mobilenet_v1_025_128"\ncheckpoint = "none.tgz"\n'
        'output = "out"\n'
    )
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["MANIFEST", "--jobs=0"], "--jobs=0 must be above 0"),
        (["MANIFEST", "--memory=-2"], "--memory=-2 must be above 0"),
        (["MANIFEST", "--memory=1", "--scheduler=tcp://a:1"], "--memory applies to this machine"),
        (
            ["MANIFEST", "--jobs=1", "--scheduler=tcp://a:1"],
            "--scheduler and --jobs exclude each other",
        ),
        (["none.toml"], "cannot read the manifest none.toml: No such file"),
        (["pyproject.toml"], "unknown table 'build-system'"),
    ],
)
def test_refused_arguments_are_answered_at_once(arguments, message, manifest):
    words = [manifest if word == "MANIFEST" else word for word in arguments]
    finished = run_light("zoo", *words)
    assert finished.returncode == 2
    assert message in finished.stderr
    assert finished.stdout == ""


def test_help_answers_at_once():
    finished = run_light("zoo", "--help")
    assert finished.returncode == 0
    assert "--dry_run" in finished.stdout


def test_an_address_that_cannot_be_is_refused(manifest):
    finished = run("zoo", manifest, "--scheduler=what://1")
    assert finished.returncode == 2
    assert "--scheduler=what://1 is not an address such as tls://host:8786" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_more_memory_than_there_is_is_refused(manifest):
    finished = run("zoo", manifest, "--memory=0.1")
    assert finished.returncode == 2
    assert "an export needs 1.6 GB, but only 0.1 GB are available: raise" in finished.stderr


def test_a_missing_extra_is_one_sentence(manifest, tmp_path):
    """An installation without it, as good as: a finder that does not find the package."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'distributed' else find(name, *a)\n"
    )
    finished = run("zoo", manifest, env=os.environ | {"PYTHONPATH": str(tmp_path)})
    assert finished.returncode == 2
    wanted = "slimhub: distributed not installed: pip install 'slimhub[zoo]'\n"
    assert finished.stderr == wanted


def test_a_dry_run_shows_the_plan_and_writes_nothing(tmp_path):
    finished = run("zoo", PUBLISHED, f"--folder={tmp_path}", "--dry_run")
    assert finished.returncode == 1
    lines = finished.stdout.splitlines()
    assert lines[0].split() == ["action", "memory", "output"]
    assert lines[1].split() == [
        "fail",
        "2.0",
        "GB",
        "artifacts/mobilenet_v1_100_224/feature_vector",
    ]
    assert lines[2].split() == ["network", "mobilenet_v1_100_224,", "feature_vector"]
    handle = "google/imagenet/mobilenet_v1_100_224/feature_vector/5"
    assert lines[3].split() == ["publish", handle]
    assert lines[4].startswith("  why      no checkpoint at")
    assert lines[-1] == "110 exports: 110 would fail"
    assert list(tmp_path.iterdir()) == []


def test_a_plan_can_be_read_by_programs(manifest, tmp_path):
    (tmp_path / "none.tgz").write_bytes(b"something")
    (job,) = json.loads(run("zoo", manifest, "--dry_run", "--format=json").stdout)
    assert job["action"] == "export"
    assert job["name"] == "out"
    assert job["table"] == "digits"
    assert job["request"]["network"] == "mobilenet_v1_025_128"
    assert job["publication"] is None
    assert job["memory"] > 1e9
