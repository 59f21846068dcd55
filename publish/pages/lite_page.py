"""The page of a LiteRT file: of the kind `Lite`, with the model that it was made from."""

from __future__ import annotations

from slimhub.common.files import FileDigest
from slimhub.publish.handle import Handle
from slimhub.publish.pages.markdown import Markdown, code, link

LITE = ".tflite"
SUFFIX = ".lite.md"  # of its page, beside that of the model
_GUIDE = "https://ai.google.dev/edge/litert"
_METADATA = "https://ai.google.dev/edge/litert/models/metadata"


def render(handle: Handle, description: str, asset_path: str, file: FileDigest) -> str:
    """The page as Markdown, in the hub's grammar.

    Args:
      handle: of the model, and of the file.
      description: of the model, one sentence of Markdown.
      asset_path: URL of the file, or `legacy`.
      file: its size and digest.
    """
    litert, metadata = link(Markdown("LiteRT"), _GUIDE), link(Markdown("metadata"), _METADATA)
    return "\n".join(
        [
            f"# Lite {handle}",
            description,
            "",
            f"<!-- asset-path: {asset_path} -->",
            f"<!-- parent-model: {handle} -->",
            "",
            "## Overview",
            "",
            f"A {litert} (TensorFlow Lite) file of {code(str(handle))}. Its signature is the same:",
            "`serving_default` takes images with values from 0 to 1, in a batch of any size. Its",
            f"{metadata} has the range of the input and, for a classifier, the labels; `slimhub`",
            "in them says how well it agrees with the model.",
            "",
            f"{file.bytes / 1e6:.2f} MB, sha256 {code(file.sha256)}.",
            "",
            "## Example use",
            "",
            "```python",
            "from ai_edge_litert.interpreter import Interpreter",
            "",
            f'interpreter = Interpreter("{handle.version}{LITE}")',
            'runner = interpreter.get_signature_runner("serving_default")',
            "(answer,) = runner(inputs=images).values()",
            "```",
            "",
        ]
    )
