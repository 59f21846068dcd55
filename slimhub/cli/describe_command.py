"""`slimhub describe NAME`: what is known of one network."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from slimhub.cli import flag_text, network_description

if TYPE_CHECKING:
    from slimhub.nets import NetworkSpec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument(
        "name",
        metavar="NAME",
        help="a name from `slimhub list`, or package.module:SPEC for a custom network",
    )
    parser.add_argument(
        "--endpoints",
        action="store_true",
        help="also list the endpoints inside blocks (JSON always has them)",
    )
    flag_text.add_format(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Prints a description."""
    from slimhub import nets

    spec = nets.get(arguments.name)
    if arguments.format == "json":
        print(json.dumps(network_description.as_json(spec), indent=2))
        return 0
    for key, value in _as_text(spec).items():
        print(f"{key:21}{value}")
    if network_description.is_stored(spec):
        print("\n" + "\n".join(_endpoint_table(spec, arguments.endpoints)))
    return 0


def _as_text(spec: NetworkSpec) -> dict[str, str]:
    size = "any" if spec.size_is_free else _pixels(spec)
    background = "class 0 is background" if spec.has_background else "no background class"
    paper = spec.paper
    return {
        "name": spec.name,
        "family": spec.family or "none",
        "paper": f"{paper.title} ({paper.year}), {paper.url}" if paper else "none known",
        "depth multiplier": f"{spec.depth_multiplier:g}" if spec.depth_rule else "none",
        "images": f"f32[batch, {size}, {spec.channels}], {_colors(spec)} in [0, 1]; inside: "
        f"{spec.input_scaling.value}",
        "feature vector": f"{spec.feature_depth} features, from {spec.feature_endpoint}",
        "classes": f"{spec.num_classes}, {background}",
        "weight decay": f"{spec.weight_decay:g}",
        "batch norm": f"epsilon {spec.batch_norm_epsilon:g}, trained with momentum "
        f"{spec.batch_norm_decay:g}",
        **(_counts(spec) if network_description.is_stored(spec) else {}),
        "published accuracy": _accuracy(spec),
        **({"published latency": _latency(spec)} if spec.published.latency else {}),
        "public checkpoint": spec.checkpoint or "none known",
        **({"download it from": spec.archive_url} if spec.archive_url else {}),
    }


def _counts(spec: NetworkSpec) -> dict[str, str]:
    """The rows that are counted on the network itself."""
    from slimhub import nets

    counts = nets.count_parameters(spec.name)
    rows = {
        "parameters": f"{counts['trainable']:,} trainable with logits, {counts['headless']:,} "
        f"without; {counts['statistics']:,} moving statistics (counted)",
        "MACs": f"{nets.count_macs(spec.name):,} multiply-adds for one image of {_pixels(spec)}, "
        "with logits (counted)",
    }
    return rows if counts["statistics"] else rows | {"batch norm": "none"}


def _accuracy(spec: NetworkSpec) -> str:
    if spec.published.top1 is None:
        return "none known"
    top5 = "" if spec.published.top5 is None else f", top-5 {spec.published.top5}%"
    return f"ImageNet top-1 {spec.published.top1}%{top5} ({spec.published.source})"


def _latency(spec: NetworkSpec) -> str:
    from slimhub import nets

    times = zip(nets.PHONES, spec.published.latency or (), strict=True)
    return ", ".join(f"{time} ms on {phone}" for phone, time in times) + ", for one image"


def _pixels(spec: NetworkSpec) -> str:
    height, width, _ = spec.image_shape
    return f"{height}x{width}"


def _colors(spec: NetworkSpec) -> str:
    return {1: "gray", 3: "RGB"}.get(spec.channels, f"{spec.channels} channels")


def _endpoint_table(spec: NetworkSpec, every: bool) -> list[str]:
    """Lines of a table of all endpoints, or of those that are not inside others."""
    from slimhub import nets

    endpoints = nets.describe_endpoints(spec.name)
    shown = {spec.endpoint_key(e.name): e for e in endpoints if every or not e.is_inner}
    width = max(map(len, shown))
    lines = [f"{'endpoint':{width}}  {'shape':11}  stride  level"]
    for key, endpoint in shown.items():
        shape = "x".join(map(str, endpoint.shape))
        row = f"{key:{width}}  {shape:11}  {endpoint.stride or '':6}  {endpoint.level or ''}"
        lines.append(row.rstrip())
    lines.append(f"Shapes are without the batch, for images of the default size, {_pixels(spec)}.")
    if hidden := len(endpoints) - len(shown):
        lines.append(
            f"{hidden} more endpoints are inside these layers: list them with --endpoints."
        )
    return lines
