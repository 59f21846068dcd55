"""`slimhub bundle` compared with the shell's way to make an archive."""

from __future__ import annotations

import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.benchmarks.costs import Ratio, make_checkpoint

_NETWORK = "resnet_v1_50"  # 94 MB of weights
_PROGRAM = """
import sys, time
from pathlib import Path
from slimhub.publish import bundle
start = time.perf_counter()
bundle.write(Path(sys.argv[1]), Path(sys.argv[2]))
print(time.perf_counter() - start)
"""


def compare(rounds: int) -> list[Ratio]:
    """Time to pack an artifact, relative to `tar | gzip` and, if installed, `tar | pigz`.

    Args:
      rounds: how often to run each, in turn.
    """
    peers = [tool for tool in ("gzip", "pigz") if shutil.which(tool)]
    times: dict[str, list[float]] = {tool: [] for tool in ("ours", *peers)}
    with tempfile.TemporaryDirectory() as scratch:
        artifact = _artifact(Path(scratch))
        archive = Path(scratch, "archive.tar.gz")
        for _ in range(rounds):
            command = [sys.executable, "-c", _PROGRAM, str(artifact), str(archive)]
            ours = subprocess.run(command, capture_output=True, text=True, check=True)
            times["ours"].append(float(ours.stdout))
            for tool in peers:
                where, to = shlex.quote(str(artifact)), shlex.quote(str(archive))
                start = time.perf_counter()
                subprocess.run(f"tar -C {where} -c . | {tool} > {to}", shell=True, check=True)
                times[tool].append(time.perf_counter() - start)
    median = {tool: statistics.median(values) for tool, values in times.items()}
    return [Ratio(f"bundle, to tar | {t}", median["ours"], median[t], "s") for t in peers]


def _artifact(folder: Path) -> Path:
    checkpoint = make_checkpoint(_NETWORK, folder)
    command = [sys.executable, "-m", "slimhub", "export", _NETWORK, "--proof=none"]
    command += [f"--checkpoint={checkpoint}", f"--output={folder / 'artifact'}"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "artifact"
