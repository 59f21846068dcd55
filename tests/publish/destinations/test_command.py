"""`slimhub publish` to Kaggle and Hugging Face, as a process."""

import json

import pytest

from tests.fixtures import programs
from tests.publish.destinations.conftest import TARGETS, TOKENS

COMMAND = "import sys; from slimhub.cli.main import run; sys.argv[0] = 'slimhub'; run()"


@pytest.mark.slow
def test_a_dry_run_lists_what_a_run_does(hub, artifact):
    kind = str(hub.destination).partition(":")[0]
    arguments = ["publish", artifact().path, TARGETS[kind], "--license=apache-2.0", "--format=json"]
    dry = programs.run(COMMAND, hub, *arguments, "--dry_run")
    assert dry.returncode == 0, dry.stderr
    seen = len(hub.place.seen)
    run = programs.run(COMMAND, hub, *arguments)
    assert run.returncode == 0, run.stderr
    assert len(hub.place.seen) > 2 * seen
    planned, done = json.loads(dry.stdout), json.loads(run.stdout)
    assert planned["plan"] == done["plan"]
    assert (planned["is_published"], done["is_published"]) == (False, True)
    for text in (dry.stdout, dry.stderr, run.stdout, run.stderr):
        assert TOKENS[kind] not in text
