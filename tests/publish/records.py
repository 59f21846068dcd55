"""Records of exports that were not run: all but digests is computed as an export computes it."""

from __future__ import annotations

import contextlib
import math
import re
from pathlib import Path
from typing import Any

from slimhub import checkpoints, export, nets
from slimhub.checkpoints import tensor_reader
from slimhub.export import labels, record

SHA = "5e" * 32
PROOFS = {
    "none": {"mode": "none"},
    "quick": {"mode": "quick", "passed": 24, "not run": 1},
    "full": {"mode": "full", "passed": 39, "not run": 1},
}
OWN = {"name": "shallow", "reference": "shallow:SPEC", "family": "", "scope": "Shallow"}


def checkpoint(label: str, source: str, shapes: dict[str, tuple[int, ...]]):
    """A checkpoint that holds variables of these shapes under their plain names."""
    return checkpoints.Checkpoint(
        label=label,
        source_name=source,
        source_sha256=SHA,
        format="V2",
        tensors={
            name: tensor_reader.TensorInfo(shape, "float32") for name, shape in shapes.items()
        },
        step=7,
        candidates=(label,),
        choice="the only one there",
        prefix=Path("nowhere"),
        _is_averaged="/ema/" in label,
        _reader=None,
        _resources=contextlib.ExitStack(),
    )


def public(spec: nets.NetworkSpec) -> tuple[str, str]:
    """Label and source of the public checkpoint, or of a private one where there is none."""
    if not spec.checkpoint:
        return "model.ckpt-7", "mine.tgz"
    folder, _, rest = spec.checkpoint.partition("/")
    return (spec.checkpoint, f"{folder}.tgz") if "/ema/" in rest else (rest, f"{folder}.tar.gz")


def make(
    network: str = "mobilenet_v3_small_075_224",
    task: str = "feature_vector",
    proof: str = "full",
    source: tuple[str, str] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """The record of an export of a registered network from its public checkpoint, or another.

    Args:
      network: registered name.
      task: of the export.
      proof: how much was proved.
      source: label and source of another checkpoint.
      **options: further fields of the request.
    """
    request = export.Request(network, "unused", "unused", task=task, proof=proof, **options)
    spec = request.spec()
    shapes = {
        name: shape
        for name, shape in nets.stored_variables(network).items()
        if task == "classification" or not re.search(spec.head, name)
    }
    found = checkpoint(*(source or public(spec)), shapes)
    filled = tuple(checkpoints.Assignment(name, name, "plain") for name in shapes)
    plan = checkpoints.Plan(filled, (), (), {}, (), found.averages, ())
    content = record.describe(request, spec, found, plan, labels.choose(None, task, spec))
    content["variables"] |= {
        "count": len(shapes),
        "parameters": sum(math.prod(s) for n, s in shapes.items() if "/moving_" not in n),
        "statistics": sum(math.prod(s) for n, s in shapes.items() if "/moving_" in n),
    }
    output = {"largest": 3.5, "mean": 0.25, "rounding": 4e-7}
    file = {"bytes": 1_200_000, "sha256": SHA}
    return {
        "format": 1,
        **content,
        "golden": {"output": output},
        "proof": PROOFS[proof],
        "files": {"saved_model.pb": file, "variables/variables.index": file},
    }


def own() -> dict[str, Any]:
    """The record of a network of a user's own."""
    content = make(source=("model.ckpt-1", "mine.tgz"))
    return content | {"network": content["network"] | OWN | {"paper": ""}}
