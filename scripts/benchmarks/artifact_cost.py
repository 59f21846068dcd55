"""An artifact compared with Keras' export of the same network: load, size, inference.

The network is MobileNet V3 small 0.75 with 1001 logits on both sides.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.benchmarks.costs import NETWORK, Ratio, ask, make_checkpoint

_BATCHES = (1, 8, 32)  # images
_PEER_PROGRAM = """
import sys, keras
network = keras.applications.MobileNetV3Small(
    alpha=0.75, weights=None, classes=1001, classifier_activation=None
)
network.export(sys.argv[1], verbose=False)
"""
_LOAD_PROGRAM = """
import json, sys, time
import tensorflow as tf
tf.constant(0)
start = time.perf_counter()
tf.saved_model.load(sys.argv[1])
print(json.dumps(time.perf_counter() - start))
"""
CALL_PROGRAM = """
import json, sys
from scripts.benchmarks import calls
print(json.dumps(getattr(calls, sys.argv[1])(*sys.argv[2:])))
"""


def compare(rounds: int) -> tuple[list[Ratio], dict[str, Any]]:
    """Measures everything about the two artifacts.

    Args:
      rounds: of loading, each in a fresh process; inference has more.

    Returns:
      The ratios, and the share of our time that TensorFlow's kernels take.
    """
    with tempfile.TemporaryDirectory() as scratch:
        ours, theirs = str(Path(scratch, "ours")), str(Path(scratch, "theirs"))
        checkpoint = make_checkpoint(NETWORK, Path(scratch))
        export = [sys.executable, "-m", "slimhub", "export", NETWORK, "--task=classification"]
        export += [f"--checkpoint={checkpoint}", "--proof=none", f"--output={ours}"]
        subprocess.run(export, check=True, capture_output=True)
        peer = [sys.executable, "-c", _PEER_PROGRAM, theirs]
        subprocess.run(peer, check=True, capture_output=True)

        loads: dict[str, list[float]] = {ours: [], theirs: []}
        for _ in range(rounds):
            for path, times in loads.items():
                times.append(ask(_LOAD_PROGRAM, path))
        ratios = [Ratio("load", _middle(loads[ours]), _middle(loads[theirs]), "s", 1.0)]
        ratios += _sizes(Path(ours), Path(theirs))
        for batch in _BATCHES:
            found = ask(CALL_PROGRAM, "inference", ours, theirs, str(batch))
            name = f"inference, batch {batch}, serve"
            ratios.append(Ratio(name, found["ours"] * 1e3, found["theirs"] * 1e3, "ms", 1.0))
            name = f"inference, batch {batch}, __call__ to serve"
            ratios.append(Ratio(name, found["call"] * 1e3, found["theirs"] * 1e3, "ms"))
        shares = {batch: ask(CALL_PROGRAM, "kernel_share", ours, str(batch)) for batch in _BATCHES}
    return ratios, shares


def _middle(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


def _sizes(ours: Path, theirs: Path) -> list[Ratio]:
    def size(folder: Path) -> float:
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6

    graphs = [(folder / "saved_model.pb") for folder in (ours, theirs)]
    bytes_ = [path.stat().st_size / 1e6 for path in graphs]
    nodes = [ask(CALL_PROGRAM, "count_nodes", str(path)) for path in graphs]
    return [
        Ratio("size on disk", size(ours), size(theirs), "MB"),
        Ratio("saved_model.pb", *bytes_, "MB", 1.0),
        Ratio("graph nodes", *nodes, ""),
    ]
