"""Tells what is in a checkpoint, for people and programs."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from slimhub.checkpoints import names
from slimhub.checkpoints.checkpoint import Checkpoint
from slimhub.checkpoints.readers.tensor_source import WORDS

_AVERAGES = {
    "shadows": "beside the raw values, as X/ExponentialMovingAverage",
    "stored": "under the plain names, as the folder's name says",
    "unknown": "no separate ones; nothing says whether plain names hold averages",
}


def describe(checkpoint: Checkpoint) -> dict[str, Any]:
    """What is in a checkpoint, as JSON."""
    tensors = checkpoint.tensors
    scopes: dict[str, Counter[str]] = {}
    for name, info in tensors.items():
        if _kind(name) == "variables" and "/" in name:
            counts = scopes.setdefault(name.split("/")[0], Counter())
            counts.update(tensors=1, parameters=math.prod(info.shape))
    return {
        "checkpoint": checkpoint.label,
        "source": checkpoint.source_name,
        "sha256": checkpoint.source_sha256,
        "candidates": list(checkpoint.candidates),
        "choice": checkpoint.choice,
        "format": checkpoint.format,
        "kind": WORDS[checkpoint.format],
        "step": checkpoint.step,
        "averages": checkpoint.averages,
        "kinds": dict(Counter(_kind(name) for name in tensors)),
        "scopes": {scope: dict(counts) for scope, counts in scopes.items()},
        "tensors": {name: [info.dtype, *info.shape] for name, info in tensors.items()},
    }


def render(description: dict[str, Any], *, tensors: bool = False) -> str:
    """A description as text.

    Args:
      description: what `describe` gave.
      tensors: list every tensor too.
    """
    kinds = ", ".join(f"{count} {kind}" for kind, count in description["kinds"].items())
    rows = [
        ("checkpoint", f"{description['checkpoint']}, of {description['source']}"),
        ("", description["choice"]),
        ("sha256", description["sha256"]),
        ("format", _format(description)),
        ("step", "unknown" if description["step"] is None else str(description["step"])),
        ("averages", _AVERAGES[description["averages"]]),
        ("tensors", kinds),
    ]
    others = [label for label in description["candidates"] if label != description["checkpoint"]]
    rows += [("also there" if i == 0 else "", label) for i, label in enumerate(others)]
    for scope, counts in description["scopes"].items():
        rows.append(
            ("scope", f"{scope}: {counts['tensors']} variables, {counts['parameters']:,} numbers")
        )
    lines = [f"{head:12}{text}" for head, text in rows]
    if tensors:
        for name, (dtype, *shape) in description["tensors"].items():
            lines.append(f"  {name}  {dtype}{shape}")
    return "\n".join(lines)


def _format(description: dict[str, Any]) -> str:
    form: str = description["format"]
    return form if form in ("V1", "V2") else f"{form}, {description['kind']}"


def _kind(name: str) -> str:
    usual = names.expected_kind(name)
    if usual:
        return usual
    return "moving averages" if name.endswith(names.SHADOW) else "variables"
