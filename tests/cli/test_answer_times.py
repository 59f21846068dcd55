"""How long the command line takes to answer: help, and what is refused. Runs with no other test."""

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


@pytest.mark.parametrize("command", ["", *REFUSED])
def test_help_answers_in_half_a_second(command):
    seconds, finished = best_time(*filter(None, [command, "--help"]))
    assert finished.returncode == 0
    assert seconds < 0.5


@pytest.mark.parametrize("command", REFUSED)
def test_a_refusal_takes_half_a_second(command):
    seconds, finished = best_time(command, *REFUSED[command])
    assert finished.returncode in (1, 2)
    assert finished.stderr.startswith("slimhub: "), finished.stderr
    assert "Traceback" not in finished.stderr
    assert seconds < 0.5
