"""The wheel with what it requires and nothing else, in an environment of its own."""

import importlib.metadata
import subprocess
import sys
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts import wheel
from tests.fixtures.commands import NETWORK, OPTIONS, SAMPLE


def names_in(folder):
    return {path.name for path in folder.iterdir()}


def required(distribution):
    """What a distribution requires, and what that requires, all of them installed here."""
    found, seen, waiting = {}, set(), [(distribution, "")]
    while waiting:
        requiring, extra = waiting.pop()
        for text in requiring.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                other = importlib.metadata.distribution(requirement.name)
                found[other.name] = other
                asked = {(other.name, extra) for extra in ("", *requirement.extras)} - seen
                seen |= asked
                waiting += [(other, extra) for _, extra in asked]
    return found


def link(distribution, site):
    """Makes an installed distribution one of another environment, without copying it."""
    for file in distribution.files:
        depth = 1
        while depth < len(file.parts) and is_namespace(distribution, file.parts[:depth]):
            depth += 1
        place = Path(site, *file.parts[:depth])
        if file.parts[0] not in ("..", "__pycache__") and not place.is_symlink():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(distribution.locate_file(Path(*file.parts[:depth])))


def is_namespace(distribution, parts):
    """Whether several distributions share a folder, such as `google`."""
    folder = Path(distribution.locate_file(Path(*parts)))
    return folder.suffix == "" and folder.is_dir() and not (folder / "__init__.py").exists()


@pytest.mark.slow
def test_the_wheel_without_extras_exports_the_sample(tmp_path):
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    (site,) = folder.glob("lib/python*/site-packages")
    before = names_in(site)
    # What pip would download and unpack again for a minute is here already.
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*install, str(wheel.build(tmp_path))], check=True)
    (metadata,) = site.glob("slimhub-*.dist-info")
    there = {
        distribution.name for distribution in importlib.metadata.distributions(path=[str(site)])
    }
    for name, distribution in required(Distribution.at(metadata)).items():
        if name not in there:  # setuptools is in new environments
            link(distribution, site)
    subprocess.run([python, "-m", "pip", "check"], check=True)

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
