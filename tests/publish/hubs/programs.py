"""Runs programs with a place's environment, as a user would."""

import os
import subprocess
import sys

from tests.support import REPOSITORY

PUBLISH = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)  # whoever debugs sees no more than this
from slimhub.publish import bundle, facts
from slimhub.publish.destinations.destination import File, Package
from slimhub.publish.destinations.huggingface.huggingface_repository import HuggingFace
from slimhub.publish.destinations.kaggle.kaggle_models import Kaggle
from slimhub.export import record
from pathlib import Path

folder, target = Path(sys.argv[1]), sys.argv[2]
files = {name: File(**record.describe_file(folder / name)) for name in bundle.files_of(folder)}
package = Package(folder, facts.read(folder), files, license="apache-2.0")
place = (Kaggle if target.startswith("kaggle") else HuggingFace).parse(target)
place.check(package)
plan = place.plan(package)
place.send(package, plan, lambda *told: print(*told, file=sys.stderr))
place.confirm(package, plan)
assert not place.plan(package).changes
"""


def run(program, hub, *arguments):
    """Runs a program with the environment of a hub's clients."""
    environment = {key: value for key, value in os.environ.items() if key != "HF_TOKEN"}
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=REPOSITORY,
        env=environment | hub.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
