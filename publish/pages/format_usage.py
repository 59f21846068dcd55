"""How to run files of other formats: a section of cards."""

from __future__ import annotations

from collections.abc import Iterable

_LITERT = """
LiteRT (TensorFlow Lite), with the package `ai-edge-litert`:

```python
from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter(f"{path}/model.tflite")
runner = interpreter.get_signature_runner("serving_default")
(answer,) = runner(inputs=images).values()  # RGB in [0, 1]
```
"""
_ONNX = """
ONNX, with the package `onnxruntime`:

```python
import onnxruntime

session = onnxruntime.InferenceSession(f"{path}/model.onnx")
(answer,) = session.run(None, {"inputs": images})  # RGB in [0, 1]
```
"""
_PROGRAMS = {".tflite": _LITERT, ".onnx": _ONNX}


def render(suffixes: Iterable[str]) -> str:
    """The section as Markdown; empty without files.

    Args:
      suffixes: of the files, which are `model.tflite` and `model.onnx` in the folder `path`.
    """
    programs = "".join(_PROGRAMS[suffix] for suffix in suffixes)
    if not programs:
        return ""
    return (
        "\n## LiteRT and ONNX\n\nThese files have the same signature, and take batches of any "
        "size. "
        "What they say about themselves includes how well they agree with the model.\n"
    ) + programs
