"""Metadata of ONNX files: `metadata_props`, pairs of texts that ONNX Runtime gives to programs."""

from __future__ import annotations

import json
from collections.abc import Mapping

from slimhub.export.formats.inscription import KEY, Inscription

_LABELS = "labels"  # one per line
_FIELDS = ("name", "description", "output")
_NUMBERS = ("image_size", "mean", "std")


def write(model: bytes, inscription: Inscription) -> bytes:
    """A model with metadata, in place of any that it has.

    Args:
      model: an ONNX file.
      inscription: what to write.
    """
    import onnx
    from onnx import helper

    made = onnx.ModelProto.FromString(model)
    texts = {name: str(getattr(inscription, name)) for name in (*_FIELDS, *_NUMBERS)}
    texts[_LABELS] = "\n".join(inscription.labels)
    texts[KEY] = inscription.provenance_text()
    helper.set_model_props(made, {name: text for name, text in texts.items() if text})
    made.producer_name, made.producer_version = KEY, inscription.provenance.get(KEY, "")
    made.doc_string = inscription.description
    made.graph.name = inscription.name
    content: bytes = made.SerializeToString(deterministic=True)
    return content


def parse(texts: Mapping[str, str]) -> Inscription | None:
    """What a file says about itself.

    Args:
      texts: its metadata.

    Returns:
      None without metadata of slimhub.
    """
    if KEY not in texts:
        return None
    labels = texts.get(_LABELS, "")
    return Inscription(
        name=texts["name"],
        description=texts["description"],
        output=texts["output"],
        image_size=int(texts["image_size"]),
        labels=tuple(labels.split("\n")) if labels else (),
        mean=float(texts["mean"]),
        std=float(texts["std"]),
        provenance=json.loads(texts[KEY]),
    )


def read(content: bytes) -> Inscription | None:
    """What a file says about itself; None without metadata of slimhub.

    Args:
      content: of the file.
    """
    import onnx

    made = onnx.ModelProto.FromString(content)
    return parse({entry.key: entry.value for entry in made.metadata_props})
