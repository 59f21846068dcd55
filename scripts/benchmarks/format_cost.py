"""LiteRT and ONNX files of an artifact: latency and size, beside the SavedModel and Keras' LiteRT.

The network is MobileNet V3 small 0.75 with 1001 logits, untrained, on both sides; `model.export` of
`keras.applications.MobileNetV3Small` makes Keras' file. All run in one process on one thread;
times are CPU times.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.benchmarks.costs import NETWORK, Ratio, ask, make_checkpoint

_BATCHES = (1, 8)  # images
_FILES = {
    "LiteRT": "none.tflite",
    "LiteRT float16": "float16.tflite",
    "LiteRT int8_weights": "int8_weights.tflite",
    "LiteRT int8": "int8.tflite",
    "ONNX": "none.onnx",
    "ONNX float16": "float16.onnx",
}
_GOAL = 1.05  # times the latency of Keras' LiteRT
_LOOSE = 0.5  # cosine and top-1 agreement: what untrained weights lose says nothing
_PEER_PROGRAM = """
import sys, keras
network = keras.applications.MobileNetV3Small(
    alpha=0.75, weights=None, classes=1001, classifier_activation=None
)
network.export(sys.argv[1], format="litert", verbose=False)
"""
_CALL_PROGRAM = """
import json, sys
from scripts.benchmarks import calls
print(json.dumps(calls.formats(*sys.argv[1:])))
"""


def compare(rounds: int) -> tuple[list[Ratio], dict[str, Any]]:
    """Measures every format.

    Args:
      rounds: of calls, times twenty.

    Returns:
      Ratios to Keras' LiteRT file, and milliseconds of the SavedModel over those of each file.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        artifact, keras = folder / "artifact", folder / "keras.tflite"
        checkpoint = make_checkpoint(NETWORK, folder)
        _run("export", NETWORK, "--task=classification", "--proof=none",
             f"--checkpoint={checkpoint}", f"--output={artifact}")  # fmt: skip
        for name in _FILES.values():
            quantize = name.partition(".")[0]
            lowered = [] if quantize == "none" else [f"--accept={_LOOSE}"]
            _run("convert", str(artifact), str(folder / name), f"--quantize={quantize}", *lowered)
        peer = [sys.executable, "-c", _PEER_PROGRAM, str(keras)]
        subprocess.run(peer, check=True, capture_output=True)
        sizes = {what: (folder / name).stat().st_size for what, name in _FILES.items()}
        theirs = keras.stat().st_size
        ratios = [
            Ratio(f"{what}, size", size / 1e6, theirs / 1e6, "MB") for what, size in sizes.items()
        ]
        gains = {}
        for batch in _BATCHES:
            files = [str(folder / name) for name in _FILES.values()]
            words = [str(artifact), str(batch), str(20 * rounds), str(keras), *files]
            saved, other, *times = ask(_CALL_PROGRAM, *words)
            for what, time in zip(_FILES, times, strict=True):
                goal = _GOAL if what == "LiteRT" else None
                ratios.append(Ratio(f"{what}, batch {batch}", time * 1e3, other * 1e3, "ms", goal))
                gains[f"{what} {batch}"] = saved / time
    return ratios, {"SavedModel's time over that of, by batch": gains}


def _run(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "slimhub", *words], check=True, capture_output=True)
