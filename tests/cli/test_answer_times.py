"""How long the command line takes to answer: help, and what is refused. Runs with no other test.

Half a second on a machine where a Python that imports absl takes 60 ms, in proportion on others.
"""

import subprocess
import sys
import time

import pytest

from tests.fixtures.commands import best_time

pytestmark = pytest.mark.serial

# For each command a request that is refused after all its arguments have been read.
REFUSED = {
    "export": ["nonet", "--checkpoint=x", "--output=y"],
    "verify": ["tests", "--network=nonet"],
    "evaluate": ["tests", "tests"],
    "benchmark": ["tests"],
    "features": ["tests", "tests", "x.parquet"],
    "inspect": ["nowhere/model.ckpt"],
    "list": ["nonet*"],
    "describe": ["nonet"],
    "bundle": ["tests"],
    "publish": ["tests", "s3://"],
    "serve": ["tests", "--port=99999"],
    "page": ["tests", "--handle=a/b/1"],
    "zoo": ["none.toml"],
}


@pytest.mark.parametrize("command", REFUSED)
def test_a_refusal_imports_nothing_that_takes_long(command):
    """Each takes as long as everything else that a refusal needs, or longer."""
    words = ["-X", "importtime", "-m", "slimhub", command, *REFUSED[command]]
    finished = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    assert finished.returncode in (1, 2)
    assert "slimhub: " in finished.stderr.splitlines()[-1]
    imported = {line.rpartition("|")[2].strip() for line in finished.stderr.splitlines()}
    assert "slimhub.cli.commands" in imported
    assert not imported & {"numpy", "tensorflow", "pandas", "pyarrow", "uvicorn", "distributed"}
    assert not imported & {"slimhub.zoo.planner", "slimhub.publish.hub.server"}


@pytest.fixture(scope="module")
def half_a_second():
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import absl.app"], check=True)
        times.append(time.perf_counter() - start)
    return 0.5 / 0.06 * min(times)


@pytest.mark.parametrize("command", ["", *REFUSED])
def test_help_answers_in_half_a_second(command, half_a_second):
    seconds, finished = best_time(*filter(None, [command, "--help"]))
    assert finished.returncode == 0
    assert seconds < half_a_second


@pytest.mark.parametrize("command", REFUSED)
def test_a_refusal_takes_half_a_second(command, half_a_second):
    seconds, finished = best_time(command, *REFUSED[command])
    assert finished.returncode in (1, 2)
    assert finished.stderr.startswith("slimhub: "), finished.stderr
    assert "Traceback" not in finished.stderr
    assert seconds < half_a_second
