"""ONNX Runtime for browsers: where it lies in a hub, pages of models can run their ONNX files.

npm's package `onnxruntime-web` (MIT) has the files in its folder `dist`. slimhub does not bring
them, since they are ten times as large as slimhub.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = "onnxruntime-web"  # in a hub, beside its publishers
# The module, and what it loads: the same for one thread, which needs no headers of the server.
FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")


def is_there(hub: Path) -> bool:
    """Whether a hub has all files of the runtime.

    Args:
      hub: its folder.
    """
    return all((hub / FOLDER / name).is_file() for name in FILES)
