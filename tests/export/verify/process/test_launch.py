"""The process of a proof as a fork of one that has imported TensorFlow."""

import filecmp
import json
import subprocess
import sys

import pytest

from tests.fixtures.commands import run
from tests.fixtures.support import REPOSITORY

PROGRAM = """
import json, sys
import tensorflow
from slimhub import export
network, checkpoint, output = sys.argv[1:]
result = export.export(export.Request(network, checkpoint, output), forks=True)
print(json.dumps(result.record.to_json()["proof"]))
"""
KILLED = """
import os, signal
from slimhub.export import ExportError
from slimhub.export.verify.process import launch
from slimhub.export.verify.process.proof_client import ProofProcess
with ProofProcess("quick", start=launch.forked) as proof_process:
    os.kill(proof_process._process.child.pid, signal.SIGTERM)
    try:
        proof_process.conclude(())
    except ExportError as error:
        print(error)
"""

ABANDONED = """
import os, tempfile
from slimhub.export.verify.process import launch
process = launch.forked(tempfile.TemporaryFile("w+"))
process.stdout.close()
process.stdin.write("no JSON\\n")
process.stdin.close()
print(os.getpid(), process.wait(None))
"""


def python(program, *arguments):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.mark.slow
def test_a_fork_proves_what_a_fresh_process_proves(synthetic_checkpoint, tmp_path):
    name = "mobilenet_v1_025_128"
    checkpoint, fork, fresh = synthetic_checkpoint(name), tmp_path / "fork", tmp_path / "fresh"
    proof = json.loads(python(PROGRAM, name, checkpoint, fork))
    assert proof["mode"] == "full"
    assert proof["passed"] > 30
    assert "failed" not in proof
    assert run("export", name, f"--checkpoint={checkpoint}", f"--output={fresh}").returncode == 0
    files = [p.relative_to(fork) for p in fork.rglob("*") if p.is_file()]
    assert filecmp.cmpfiles(fork, fresh, files, shallow=False) == (files, [], [])


def test_a_fork_that_nobody_listens_to_ends_without_going_on_as_its_parent():
    lines = python(ABANDONED).splitlines()
    assert len(lines) == 1
    assert lines[0].endswith(" 1")


def test_a_fork_that_dies_is_told_of():
    assert "the proof process ended with exit code -15" in python(KILLED)


OPENED = """
import sys
from slimhub import checkpoints
from slimhub.common import quiet_tensorflow
for path in sys.argv[1:]:
    with checkpoints.open(path) as checkpoint:
        checkpoint.read(next(iter(checkpoint.tensors)))
print("tensorflow" in sys.modules, quiet_tensorflow.has_begun())
"""


def test_opening_a_checkpoint_leaves_a_process_that_can_be_forked(synthetic_checkpoint):
    archive = REPOSITORY / "samples" / "digits_mobilenet_v3.tgz"
    paths = (synthetic_checkpoint("mobilenet_v1_025_128"), archive)
    assert python(OPENED, *paths) == "True False\n"
