"""The custom network of docs/custom_networks.md on the command line."""

import json
import os
import re

from tests.fixtures.commands import run
from tests.fixtures.support import REPOSITORY


def test_the_guides_network_is_exported_and_verified(tmp_path):
    section = (REPOSITORY / "docs" / "custom_networks.md").read_text("utf-8")
    program = re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]
    assert len(program.splitlines()) <= 30
    (tmp_path / "shallow.py").write_text(program)
    environment = {"cwd": tmp_path, "env": with_repository()}
    made = run("shallow:SPEC", "model.ckpt-1", module="scripts.make_checkpoint", **environment)
    assert made.returncode == 0, made.stderr
    command = re.search(r"```sh\nslimhub (export shallow:SPEC .*?)\n```", section, re.DOTALL)[1]
    exported = run(*command.split(), "--format=json", **environment)
    assert exported.returncode == 0, exported.stderr
    record = json.loads(exported.stdout)["record"]
    assert record["network"]["reference"] == "shallow:SPEC"
    assert (record["output"]["name"], record["output"]["width"]) == ("feature_vector", 32)
    assert record["proof"]["mode"] == "full"

    # One that regularizes nothing has a loss of 0, and that is proved as well.
    spec = 'dataclasses.replace(shallow.SPEC, regularized="$^")'
    (tmp_path / "free.py").write_text(f"import dataclasses\nimport shallow\nSPEC = {spec}\n")
    words = ["free:SPEC", "--checkpoint=model.ckpt-1", "--output=free", "--format=json"]
    exported = run("export", *words, **environment)
    assert exported.returncode == 0, exported.stderr

    # What a record names is not imported unless the user says so.
    refused = run("verify", "features", **environment)
    assert refused.returncode == 1
    assert "name it: pass --network=shallow:SPEC" in refused.stderr
    verified = run(
        "verify", "features", "--network=shallow:SPEC", "--checkpoint=model.ckpt-1", **environment
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr


def with_repository():
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path}
