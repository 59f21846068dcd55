"""The Python programs and manifests of the documents are run, as a reader would run them."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slimhub import zoo
from tests.fixtures.documents import all_blocks
from tests.fixtures.support import REPOSITORY

PROGRAMS = all_blocks("python")
# A module that another test exports and proves, with the commands of the same page.
ELSEWHERE = {"docs/custom_networks.md": "tests/cli/test_custom_network_command.py"}
PAGES = sorted({block.path for block in PROGRAMS} - set(ELSEWHERE))


def test_what_is_run_elsewhere_is_named_there():
    for page, test in ELSEWHERE.items():
        assert Path(page).name in (REPOSITORY / test).read_text("utf-8")


@pytest.fixture
def folder(artifact, tmp_path):
    """A working folder with the artifact that the pages call `features`, and the samples."""
    (tmp_path / "features").symlink_to(artifact().path)
    (tmp_path / "samples").symlink_to(REPOSITORY / "samples")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_programs_of_a_page_run_in_order(page, folder):
    """All blocks of a page are one program: later ones use what earlier ones made."""
    program = "\n".join(block.code for block in PROGRAMS if block.path == page)
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
    finished = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]


@pytest.mark.parametrize("block", PROGRAMS, ids=str)
def test_programs_parse(block):
    ast.parse(block.code)


@pytest.mark.parametrize("block", all_blocks("toml"), ids=str)
def test_manifests_can_be_planned(block, tmp_path):
    (tmp_path / "zoo.toml").write_text(block.code)
    (tmp_path / "digits.txt").write_text("".join(f"{number}\n" for number in range(10)))
    jobs = zoo.plan(tmp_path / "zoo.toml")
    assert len(jobs) > 2
    assert all(job.publication for job in jobs)
