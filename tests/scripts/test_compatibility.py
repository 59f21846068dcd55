"""Artifacts on other releases of TensorFlow, by the programs of scripts/compatibility.py."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from scripts import compatibility, compatibility_consumer, compatibility_rows
from tests.fixtures import support

REQUIREMENTS = support.REPOSITORY / "requirements" / "constraints.txt"


def failures(results):
    return {check: r["detail"] for check, r in results.items() if r["status"] != "pass"}


@pytest.fixture(scope="module")
def expected(artifact, tmp_path_factory):
    """What this TensorFlow computes."""
    path = str(tmp_path_factory.mktemp("expected") / "expected.npz")
    compatibility_consumer.write_expected(compatibility_consumer.Case(artifact().path, None), path)
    return path


@pytest.mark.slow
def test_todays_tensorflow_passes_every_check(artifact, expected):
    printed = compatibility.consume(sys.executable, artifact().path, expected)
    results = json.loads(printed.splitlines()[-1])
    assert len(results) == 10
    assert "| none |" in compatibility.render({"this": results})  # a feature vector has no classes
    assert failures(results) == {}


@pytest.mark.compatibility
def test_the_oldest_tensorflow_passes_every_check(artifact, expected):
    present = [r for r in compatibility_rows.ROWS if compatibility_rows.find_interpreter(r.python)]
    old = [row for row in present if row.tensorflow.startswith(("1.", "2.0", "2.4", "2.8", "2.1"))]
    if not old:
        pytest.skip("no interpreter of an old TensorFlow: Python 3.7 to 3.11")
    results = compatibility.try_row(
        old[0], artifact().path, expected, compatibility.default_cache()
    )
    if isinstance(results, str):
        pytest.skip(f"TensorFlow {old[0].tensorflow} was not run: {results}")
    assert failures(results) == {}


def test_a_row_without_interpreter_is_not_run(tmp_path):
    row = compatibility_rows.Row("0.1", "2.99", ())
    assert compatibility.try_row(row, "artifact", "expected", tmp_path) == "no Python 2.99"
    table = compatibility.render({"0.1": "no Python 2.99"})
    assert "| 0.1 | not run: no Python 2.99 |" in table


def test_a_failure_is_in_the_table_with_its_reason():
    outcome = {"status": "fail", "difference": None, "detail": "it burnt"}
    table = compatibility.render({"1.15.5": {"call": outcome}})
    assert "| 1.15.5 | FAIL |" in table
    assert "1.15.5, call: it burnt" in table


def test_checks_that_fail_for_one_reason_share_a_line():
    outcome = {"status": "fail", "difference": None, "detail": "does not load"}
    table = compatibility.render({"1.15.5": {"call": outcome, "training": outcome}})
    assert table.splitlines()[-1] == "1.15.5, call, training: does not load"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_fails(bad):
    found = np.array([1.0, bad])
    with pytest.raises(AssertionError, match="not finite"):
        compatibility_consumer.difference(found, np.ones(2))
    with pytest.raises(AssertionError, match="not finite"):
        compatibility_consumer.difference(np.ones(2), found)


def test_a_mean_is_as_exact_as_its_layer_spreads():
    mean, variance = "net/BatchNorm/moving_mean:0", "net/BatchNorm/moving_variance:0"
    expected = {mean: np.array([1e-8, 2e-8]), variance: np.array([4.0, 1.0])}
    rounded = expected | {mean: np.array([2e-8, -1e-8])}
    assert compatibility_consumer.of_statistics(rounded, expected) == pytest.approx(1.5e-8)
    wrong = expected | {variance: np.array([4.0, 1.4])}
    assert compatibility_consumer.of_statistics(wrong, expected) == pytest.approx(0.1)


@pytest.mark.slow
def test_the_images_of_a_small_network_are_enough_to_average(sample_artifact, tmp_path):
    """Ones of 32 pixels leave one position to the last layers' batch norms."""
    path, expected = str(sample_artifact("classification")), str(tmp_path / "expected.npz")
    compatibility_consumer.write_expected(compatibility_consumer.Case(path, None), expected)
    case = compatibility_consumer.Case(path, np.load(expected))
    assert len(case.images) == 64
    checks = compatibility_consumer.CHECKS
    assert failures({c.__name__: compatibility_consumer.attempt(c, case) for c in checks}) == {}


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "scripts.compatibility", *arguments],
        cwd=support.REPOSITORY,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def test_bad_arguments_are_refused_before_any_work(artifact, tmp_path):
    lost = run(artifact().path, f"--json={tmp_path / 'none' / 'a.json'}")
    assert (lost.returncode, "does not exist: create it" in lost.stderr) == (2, True)
    assert run(artifact().path, "--rows=0.1").returncode == 2
    file = run(artifact().path, f"--cache={REQUIREMENTS}")
    assert (file.returncode, "is not a folder" in file.stderr) == (2, True)
    assert run(str(tmp_path)).returncode == 2


@pytest.mark.slow
def test_an_artifact_that_cannot_be_used_at_all_is_one_sentence(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"rubbish")
    finished = run(str(tmp_path))
    assert finished.returncode == 2
    assert f"this TensorFlow cannot use {tmp_path} either: " in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.slow
def test_no_row_at_all_is_no_pass(artifact, tmp_path):
    written = tmp_path / "rows.json"
    nowhere = {"PATH": "/nonexistent", "PYENV_ROOT": "/nonexistent"}
    finished = run(artifact().path, "--rows=1.15.5", f"--json={written}", **nowhere)
    assert finished.returncode == 1
    assert "| 1.15.5 | not run: no Python 3.7 |" in finished.stdout
    assert json.loads(written.read_text())["1.15.5"]["all"]["status"] == "not run"


def test_an_environment_whose_interpreter_went_is_made_again(tmp_path, monkeypatch):
    row = compatibility_rows.Row("0.1", "3", ())
    folder = tmp_path / "tensorflow-0.1"
    (folder / "bin").mkdir(parents=True)
    (folder / "installed").write_text("tensorflow==0.1")
    (folder / "bin" / "python").symlink_to(tmp_path / "gone")
    with pytest.raises(RuntimeError):  # made again, and pip finds no such release
        compatibility_rows.environment(row, sys.executable, tmp_path)
    assert (folder / "bin" / "python").exists()
