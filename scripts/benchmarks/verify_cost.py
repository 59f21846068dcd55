"""`slimhub verify` compared with a bare process that loads the artifact and calls it twice."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.benchmarks.costs import NETWORK, Cost, Ratio, make_checkpoint, measure

_BARE = """
import sys
import numpy as np, tensorflow as tf
module = tf.saved_model.load(sys.argv[1])
images = np.zeros([2, 224, 224, 3], np.float32)
for is_training in (False, True):
    module(images, is_training)
"""
BARE, ALONE, WHOLE, EXPORT = "bare", "verify", "verify with its checkpoint", "export"


def compare(rounds: int) -> list[Ratio]:
    """Wall time of a verification, relative to its peers'.

    Args:
      rounds: how often to run each, in turn, after one run that does not count.
    """
    with tempfile.TemporaryDirectory() as scratch:
        artifact, again = Path(scratch, "artifact"), Path(scratch, "again")
        checkpoint = f"--checkpoint={make_checkpoint(NETWORK, Path(scratch))}"
        slimhub = [sys.executable, "-m", "slimhub"]
        export = [*slimhub, "export", NETWORK, checkpoint]
        subprocess.run([*export, f"--output={artifact}"], check=True, capture_output=True)
        commands = {
            BARE: [sys.executable, "-c", _BARE, str(artifact)],
            ALONE: [*slimhub, "verify", str(artifact)],
            WHOLE: [*slimhub, "verify", str(artifact), checkpoint],
            EXPORT: [*export, f"--output={again}"],
        }
        found: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(1 + rounds):
            for name, command in commands.items():
                shutil.rmtree(again, ignore_errors=True)
                found[name].append(measure(command))
    wall = {n: statistics.median(c.seconds for c in costs[1:]) for n, costs in found.items()}
    return [
        Ratio("verify, to loading and two calls", wall[ALONE], wall[BARE], "s", 1.2),
        Ratio("verify with its checkpoint, to the export", wall[WHOLE], wall[EXPORT], "s", 1.0),
    ]
