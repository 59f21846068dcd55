"""Describes what a checkpoint holds, for people and programs."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from slimhub.checkpoints import names
from slimhub.checkpoints.checkpoint import Checkpoint
from slimhub.checkpoints.readers.tensor_source import WORDS
from slimhub.common.text import count, printable

_AVERAGES = {
    "shadows": "next to the raw values, as X/ExponentialMovingAverage",
    "stored": "under the plain names, as the folder name says",
    "unknown": "no separate averages; the plain names may or may not hold averages",
}


def describe(checkpoint: Checkpoint) -> dict[str, Any]:
    """Describes what is in a checkpoint.

    Args:
      checkpoint: open.

    Returns:
      Values for JSON: where it is from, sha256, format, training step, how averages are kept,
      counts of tensors by kind and scope, and `[dtype, *shape]` of each tensor by name.
    """
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
    """Renders a description as text.

    Args:
      description: what `describe` returned.
      tensors: list every tensor too.

    Returns:
      Lines without a newline at the end.
    """
    kinds = ", ".join(
        names.count_kind(number, kind) for kind, number in description["kinds"].items()
    )
    rows = [
        ("checkpoint", f"{description['checkpoint']}, from {description['source']}"),
        ("", description["choice"]),
        ("sha256", description["sha256"]),
        ("format", _format(description)),
        ("step", "unknown" if description["step"] is None else str(description["step"])),
        ("averages", _AVERAGES[description["averages"]]),
        ("tensors", kinds),
    ]
    others = [label for label in description["candidates"] if label != description["checkpoint"]]
    rows += [("others" if i == 0 else "", label) for i, label in enumerate(others)]
    for scope, counts in description["scopes"].items():
        variables = count(counts["tensors"], "variable")
        parameters = count(counts["parameters"], "value")
        rows.append(("scope", f"{scope}: {variables}, {parameters}"))
    lines = [f"{head:12}{printable(text)}" for head, text in rows]
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
