"""The record of an export: what pages, cards and later proofs read."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.checkpoints import Checkpoint, Plan
from slimhub.common.version import __version__
from slimhub.export.labels import Labels
from slimhub.export.verify.proof import Proof
from slimhub.nets import NetworkSpec

if TYPE_CHECKING:
    from slimhub.export.request import Request

PATH = "assets.extra/slimhub.json"  # inside the artifact
SIGNATURE = "assets.extra/model.sig"  # of all other files; comes when an artifact is published
_FORMAT = 1  # of the record; higher where a reader of the old one would be wrong
_PACKAGES = ("tensorflow", "tf-slim", "numpy")


def describe(
    request: Request,
    spec: NetworkSpec,
    checkpoint: Checkpoint,
    plan: Plan,
    labels: Labels | None,
) -> dict[str, Any]:
    """What a record says before the artifact is written.

    Args:
      request: for a network that is named.
      spec: with the request's options.
      checkpoint: what it was made from.
      plan: what filled the variables.
      labels: of the artifact, or None.
    """
    is_classification = request.task == "classification"
    return {
        "artifact": "saved_model_2",
        "task": request.task,
        "network": describe_network(spec),
        "output": {
            "name": "logits" if is_classification else "feature_vector",
            "width": spec.output_width(request.task),
        },
        "labels": describe_labels(labels),
        "checkpoint": {
            "source": checkpoint.source_name,
            "sha256": checkpoint.source_sha256,
            "name": checkpoint.label,
            "format": checkpoint.format,
            "step": checkpoint.step,
            "averages": request.averages,
        },
        "variables": describe_plan(plan),
        "versions": versions(),
        "command": request.command(checkpoint.source_name),
    }


def describe_network(spec: NetworkSpec) -> dict[str, Any]:
    """What a spec says of a network, as JSON."""
    return {
        "name": spec.name,
        "reference": spec.reference,
        "family": spec.family,
        "scope": spec.scope,
        "depth_multiplier": spec.depth_multiplier,
        "image_size": spec.image_size,
        "size_is_free": spec.size_is_free,
        "input_range": [0.0, 1.0],
        "input_scaling": spec.input_scaling.value,
        "feature_depth": spec.feature_depth,
        "num_classes": spec.num_classes,
        "has_background": spec.has_background,
        "drop_background": spec.drop_background,
        "weight_decay": spec.weight_decay,
        "batch_norm_epsilon": spec.batch_norm_epsilon,
        "paper": spec.paper.url if spec.paper else "",
        "public_checkpoint": spec.checkpoint,
        **spec.options.given(),
    }


def versions() -> dict[str, str]:
    """Versions of what made the artifact."""
    packages = {package: metadata.version(package) for package in _PACKAGES}
    return {"slimhub": __version__, "python": platform.python_version()} | packages


def describe_labels(labels: Labels | None) -> dict[str, Any] | None:
    """Number, source and digest of the labels, as JSON."""
    if labels is None:
        return None
    digest = hashlib.sha256(labels.text().encode()).hexdigest()
    return {"count": len(labels.names), "source": labels.source, "sha256": digest}


def describe_plan(plan: Plan) -> dict[str, Any]:
    """What filled the variables and what was left over, as JSON."""
    return {
        "filled": plan.counts(),
        "averages_in_checkpoint": plan.averages,
        "left_over_expected": {kind: len(names) for kind, names in plan.expected.items()},
        "left_over": list(plan.unexpected),
        "trained_without_average": list(plan.without_average),
    }


def describe_proof(mode: str, proof: Proof | None) -> dict[str, Any]:
    """How much was proved before the artifact was put in place, as JSON."""
    return {"mode": mode} | ({} if proof is None else proof.counts())


def describe_files(folder: Path) -> dict[str, dict[str, Any]]:
    """Size in bytes and sha256 of every file of an artifact, but the record and a signature."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {n: describe_file(path) for n, path in names.items() if n not in (PATH, SIGNATURE)}


def describe_file(path: Path) -> dict[str, Any]:
    """Size in bytes and sha256 of a file."""
    return {"bytes": path.stat().st_size, "sha256": _sha256(path)}


def write(folder: Path, content: dict[str, Any]) -> None:
    """Puts a record into an artifact, with the digests of its files."""
    content = {"format": _FORMAT} | content | {"files": describe_files(folder)}
    path = folder / PATH
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def read(folder: Path) -> dict[str, Any]:
    """The record of an artifact.

    Raises:
      FileNotFoundError: where it has none (slimhub did not write it).
    """
    return json.loads((folder / PATH).read_text("utf-8"))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
