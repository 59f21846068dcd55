"""`slimhub describe NAME`: what is known of one network."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nets import NetworkSpec

NAME = "describe"
SUMMARY = "Describes one network."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("name", metavar="NAME", help="a name that `slimhub list` shows")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def execute(arguments: argparse.Namespace) -> int:
    """Prints a description."""
    import nets

    spec = nets.get(arguments.name)
    if arguments.format == "json":
        print(json.dumps(_as_json(spec), indent=2))
    else:
        for key, value in _as_text(spec).items():
            print(f"{key:21}{value}")
    return 0


def _as_json(spec: NetworkSpec) -> dict[str, Any]:
    import dataclasses

    import nets
    from export import record

    return record.describe_network(spec) | {
        "parameters": nets.count_parameters(spec.name),
        "published": dataclasses.asdict(spec.published),
    }


def _as_text(spec: NetworkSpec) -> dict[str, str]:
    import nets

    counts = nets.count_parameters(spec.name)
    size = "any" if spec.size_is_free else f"{spec.image_size}x{spec.image_size}"
    background = "class 0 is background" if spec.has_background else "no background class"
    rows = {
        "name": spec.name,
        "family": spec.family,
        "paper": f"{spec.paper.title} ({spec.paper.year}), {spec.paper.url}",
        "depth multiplier": f"{spec.depth_multiplier:g}" if spec.depth_rule else "none",
        "images": f"f32[batch, {size}, 3], RGB in [0, 1]; inside: {spec.input_scaling.value}",
        "feature vector": f"{spec.feature_depth} numbers, from {spec.feature_endpoint}",
        "classes": f"{spec.num_classes}, {background}",
        "parameters": f"{counts['trainable']:,} trainable with logits, {counts['headless']:,} "
        f"without; {counts['statistics']:,} moving statistics (counted)",
        "weight decay": f"{spec.weight_decay:g}",
        "batch norm": f"epsilon {spec.batch_norm_epsilon:g}, trained with momentum "
        f"{spec.batch_norm_decay:g}"
        if counts["statistics"]
        else "none",
        "published accuracy": _accuracy(spec),
        "public checkpoint": spec.checkpoint or "none known",
    }
    return rows


def _accuracy(spec: NetworkSpec) -> str:
    if spec.published.top1 is None:
        return "none known"
    return f"ImageNet top-1 {spec.published.top1} % ({spec.published.source})"
