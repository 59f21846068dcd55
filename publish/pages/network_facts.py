"""What a page says about a network, from its record and stored data: nothing is built."""

from __future__ import annotations

import dataclasses
import functools
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from slimhub import nets
from slimhub.export.record import Record
from slimhub.nets import NetworkOptions, NetworkSpec
from slimhub.nets.options import option_value
from slimhub.nets.scaling import InputScaling
from slimhub.publish.pages import recorded_network
from slimhub.publish.pages.checker import grammar

IMAGENET = "imagenet-ilsvrc-2012-cls"  # the data of TF-Slim's public checkpoints
_ARCHIVE = re.compile(r"\.(tgz|tar|zip)$|\.tar\.\w+$")
_CALLED_OTHERWISE = {"vgg": "vgg-style"}  # by the hub


def architecture(spec: NetworkSpec) -> str:
    """The hub's id of a network's architecture: the closest one there is."""
    family = spec.family.lower().replace(" ", "-")
    slugs = [f"{family}-{part}" for part in spec.name.split("_")]
    while family:
        slugs.append(_CALLED_OTHERWISE.get(family, family))
        family = family.rpartition("-")[0]
    return next((slug for slug in slugs if slug in grammar.ids("network-architecture")), "cnn")


def is_public(spec: NetworkSpec, record: Record) -> bool:
    """Whether an artifact was made of the network's public checkpoint, going by its names.

    The name in full is `FOLDER/…/CHECKPOINT`; an archive may be called like the folder, or like the
    folder's last part, and then hold the rest. The checkpoint's name alone tells nothing: many a
    one is called `model.ckpt`.

    Args:
      spec: the network.
      record: of the artifact.
    """
    public = PurePosixPath(spec.checkpoint).parts
    source = _ARCHIVE.sub("", urllib.parse.urlparse(record.source.origin).path)
    found = PurePosixPath(f"{source}/{record.source.name}").parts
    common = min(len(public), len(found))
    return common >= 2 and public[-common:] == found[-common:]


def is_from_caffe(spec: NetworkSpec) -> bool:
    """Whether the public checkpoint was trained in Caffe, and converted."""
    plain = spec if spec.reference else nets.get(spec.name)
    return plain.input_scaling is InputScaling.CAFFE


def variants(spec: NetworkSpec) -> list[dict[str, Any]]:
    """The registered networks of a network's family, in the order of the registry."""
    return [row for row in map(_variant, nets.names()) if row["family"] == spec.family]


@functools.cache
def _variant(name: str) -> dict[str, Any]:
    spec = nets.get(name)
    return {
        "name": name,
        "family": spec.family,
        "multiplier": spec.depth_multiplier if spec.depth_rule else None,
        "size": spec.image_size,
        "features": spec.feature_depth,
        "top1": spec.published.top1,
        "top5": spec.published.top5,
        "latency": spec.published.latency,
        "source": spec.published.source,
        "macs": nets.count_macs(name),
        "parameters": nets.count_parameters(name)["trainable"],
    }


def macs(spec: NetworkSpec | None, record: Record) -> int | None:
    """Multiply-adds for one image of the artifact's size; None where they were not counted."""
    if record.figures is not None:
        return record.figures.macs
    if spec is None or not nets.has_stored_layers(spec):
        return None
    plain = nets.get(spec.name)
    # The logits are one matrix product in every network: features times classes.
    headless = nets.count_macs(spec.name) - plain.feature_depth * plain.num_classes
    if record.task == "feature_vector":
        return headless
    return headless + spec.feature_depth * spec.num_classes


def endpoints(spec: NetworkSpec | None, record: Record) -> list[dict[str, Any]]:
    """What an artifact returns, in graph order; nothing where the shapes are not known."""
    if record.figures is not None:
        found = nets.describe_shapes(record.figures.endpoints, record.network.image_shape[0])
    elif spec is not None and nets.has_stored_layers(spec):
        found = tuple(_stored(spec, record))
    else:
        return []
    output = {"key": "default", "shape": (record.output.width,), "is_inner": False}
    return [output, *(dataclasses.asdict(one) | {"key": one.name} for one in found)]


def _stored(spec: NetworkSpec, record: Record) -> Iterator[nets.Endpoint]:
    """The stored endpoints, with the artifact's number of classes."""
    for endpoint in nets.describe_endpoints(spec.name):
        shape = endpoint.shape
        if endpoint.name in (
            spec.logits_endpoint,
            spec.predictions_endpoint,
            spec.sigmoid_endpoint,
        ):
            shape = (*shape[:-1], spec.num_classes)
        yield dataclasses.replace(endpoint, name=spec.endpoint_key(endpoint.name), shape=shape)
        if record.task == "feature_vector" and endpoint.name == spec.feature_endpoint:
            break  # what follows is the classification


def options(record: Record) -> list[str]:
    """In which options an artifact differs from the registered network it is named after."""
    plain, network = recorded_network.registered(record), record.network.settings()
    named = [field for field in dataclasses.fields(NetworkOptions) if field.metadata["label"]]
    named.sort(key=lambda field: field.name == "num_classes")  # the layers first, then the head
    found = []
    for field in named:
        key = field.metadata["attribute"] or field.name
        usual = option_value(field, getattr(plain, key, None))
        value = option_value(field, network.get(key))
        if value not in (usual, None):
            instead = "" if usual is None else f" in place of {usual}"
            found.append(f"{field.metadata['label']} {value}{instead}")
    return found
