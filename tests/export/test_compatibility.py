"""Artifacts on other releases of TensorFlow, by the programs of scripts/compatibility.py."""

import json
import sys

import pytest

from scripts import compatibility, compatibility_rows


def failures(results):
    return {check: r["detail"] for check, r in results.items() if r["status"] != "pass"}


@pytest.fixture(scope="module")
def expected(artifact, tmp_path_factory):
    """What this TensorFlow computes."""
    path = str(tmp_path_factory.mktemp("expected") / "expected.npz")
    compatibility.consume(sys.executable, artifact().path, path, "--write")
    return path


@pytest.mark.slow
def test_todays_tensorflow_passes_every_check(artifact, expected):
    printed = compatibility.consume(sys.executable, artifact().path, expected)
    results = json.loads(printed.splitlines()[-1])
    assert len(results) == 9
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
