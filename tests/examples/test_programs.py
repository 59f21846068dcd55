"""Every program in examples/ runs, and does what it says."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.fixtures import commands, hubs
from tests.fixtures.support import REPOSITORY
from tests.publish.hub.test_server import serving

EXAMPLES = REPOSITORY / "examples"
pytestmark = pytest.mark.slow


def run(program, *arguments, **options):
    command = [sys.executable, str(program), *map(str, arguments)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"} | options.pop("env", {})
    finished = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, **options
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    return finished.stdout


def test_each_program_is_run_here():
    text = (REPOSITORY / "tests" / "examples" / "test_programs.py").read_text("utf-8")
    programs = [path.name for path in EXAMPLES.glob("*.py")]
    assert len(programs) == 5
    assert [name for name in programs if f'EXAMPLES / "{name}"' not in text] == []


def test_an_artifact_names_digits(sample_artifact, pictures):
    paths = [pictures / name / "1.png" for name in ("two", "zero")]
    output = run(EXAMPLES / "use_artifact.py", sample_artifact("classification"), *paths)
    named = [line.split(": ")[1].split()[0] for line in output.splitlines()]
    assert named == ["two", "zero"]


def test_an_artifact_is_fine_tuned(sample_artifact, pictures, tmp_path):
    arguments = [sample_artifact("feature_vector"), pictures, tmp_path / "tuned.h5"]
    output = run(EXAMPLES / "fine_tune.py", *arguments)
    assert float(re.search(r"accuracy ([\d.]+)", output)[1]) > 0.8
    inspected = commands.run("inspect", str(tmp_path / "tuned.h5"))
    assert "mobilenet_v3_small" in inspected.stdout, inspected.stderr


def test_a_custom_network_is_exported(tmp_path):
    shutil.copy(EXAMPLES / "custom_network.py", tmp_path)
    output = run("custom_network.py", tmp_path / "artifact", cwd=tmp_path)
    assert re.search(r"loss after 20 steps: 0\.\d", output)
    assert ": full, " in output
    record = json.loads((tmp_path / "artifact" / "assets.extra" / "slimhub.json").read_text())
    assert record["network"]["reference"] == "custom_network:SPEC"


def test_formats_are_compared(sample_artifact, pictures, tmp_path):
    artifact = shutil.copytree(sample_artifact("classification"), tmp_path / "artifact")
    output = run(EXAMPLES / "compare_formats.py", artifact, pictures, tmp_path / "files")
    lines = [line.split(": ") for line in output.splitlines() if ": top-1 " in line]
    assert lines[0][0].endswith("/artifact")
    assert len(lines) == 3
    count = sum(1 for _ in pictures.glob("*/*.png"))
    assert lines[1][1] == lines[0][1]  # 16 bits may cost a picture
    assert lines[0][1].endswith(f" of {count}")


def test_a_hub_is_read(sample_artifact, tmp_path):
    hub = tmp_path / "hub"
    for number in (1, 2):
        hubs.put(sample_artifact("feature_vector"), hub, f"local/digits/feature_vector/{number}")
    with serving(hub) as (port, _):
        cache = {"TFHUB_CACHE_DIR": str(tmp_path / "cache")}
        output = run(EXAMPLES / "read_hub.py", f"http://127.0.0.1:{port}/", env=cache)
    line = f"http://127.0.0.1:{port}/local/digits/feature_vector/2: mobilenet_v3_small_100_224, "
    assert output.startswith(f"{line}feature_vector, ")
