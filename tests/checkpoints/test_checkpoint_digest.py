"""The digest of a checkpoint that is not opened is that of the opened one."""

import os
import shutil
import subprocess
import sys

import pytest

from slimhub import checkpoints
from tests.fixtures.support import REPOSITORY

SAMPLE = REPOSITORY / "samples" / "digits_mobilenet_v3.tgz"


@pytest.fixture
def prefix(synthetic_checkpoint, tmp_path):
    source = synthetic_checkpoint("mobilenet_v1_025_128")
    shutil.copytree(source.parent, tmp_path / "folder")
    return tmp_path / "folder" / source.name


@pytest.mark.parametrize("what", ["archive", "prefix", "folder", "file"])
def test_it_is_that_of_the_opened_checkpoint(prefix, what):
    index = prefix.with_name(f"{prefix.name}.index")
    source = {"archive": SAMPLE, "prefix": prefix, "folder": prefix.parent, "file": index}[what]
    with checkpoints.open(source) as opened:
        assert checkpoints.digest(source) == opened.source_sha256


def test_it_needs_no_tensorflow(prefix):
    program = (
        "import sys, checkpoints; checkpoints.digest(sys.argv[1]); checkpoints.digest(sys.argv[2]);"
        "print('tensorflow' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(prefix), str(SAMPLE)]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "False"


def test_a_url_is_fetched_only_where_that_is_wanted():
    url = "http://127.0.0.1:9/none.tgz"
    assert checkpoints.digest(url, fetches=False) is None
    assert checkpoints.digest(url, sha256="AB" * 32) == "ab" * 32
    with pytest.raises(checkpoints.CheckpointError, match="could not download"):
        checkpoints.digest(url)


def test_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(checkpoints.CheckpointError, match="no checkpoint at"):
        checkpoints.digest(tmp_path / "none")
    with pytest.raises(checkpoints.CheckpointError, match="has the sha256"):
        checkpoints.digest(SAMPLE, sha256="0" * 64)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read_is_said(prefix):
    prefix.with_name(f"{prefix.name}.index").chmod(0)
    with pytest.raises(checkpoints.CheckpointError, match=r"cannot read .*; check its permissions"):
        checkpoints.digest(prefix)
