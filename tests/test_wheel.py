"""The wheel as users install it: without extras, in an environment of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import wheel
from tests.fixtures.commands import NETWORK, OPTIONS, SAMPLE
from tests.fixtures.support import REPOSITORY

CONSTRAINTS = REPOSITORY / "requirements" / "constraints.txt"


def names_in(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
def test_the_wheel_without_extras_exports_the_sample(tmp_path):
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    (site,) = folder.glob("lib/python*/site-packages")
    before = names_in(site)
    install = [python, "-m", "pip", "install", "--quiet", "-c", str(CONSTRAINTS)]
    subprocess.run([*install, str(wheel.build(tmp_path))], check=True)

    # slimhub itself adds one package and its metadata.
    show = [python, "-m", "pip", "show", "--files", "slimhub"]
    listed = subprocess.run(show, check=True, capture_output=True, text=True).stdout
    files = [Path(line.strip()) for line in listed.partition("Files:\n")[2].splitlines()]
    added = {path.parts[0] for path in files if ".." not in path.parts}
    assert {name.partition("-")[0] for name in added} == {"slimhub"}
    installed = names_in(site) - before
    rooms = {"nets", "checkpoints", "evaluate", "export", "publish", "zoo"}
    assert not installed & (rooms | {"tests", "scripts"})
    assert not installed & {"starlette", "distributed", "huggingface_hub", "jinja2", "pytest"}

    def run(*arguments):
        command = [str(folder / "bin" / "slimhub"), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    assert "usage: slimhub" in run("--help").stdout
    assert NETWORK in run("list").stdout
    words = [f"--checkpoint={SAMPLE}", "--output=artifact", *OPTIONS]
    finished = run("export", NETWORK, *words)
    assert finished.returncode == 0, finished.stderr
    assert "proof       full" in finished.stdout
    refused = run("publish", "artifact", "hub:models")
    assert refused.returncode == 2
    assert "pip install 'slimhub[hub]'" in refused.stderr
