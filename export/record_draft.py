"""The record of an export in progress: nothing is proved yet, and no file has a digest."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib import metadata

from slimhub.checkpoints import Checkpoint, Plan
from slimhub.common import files
from slimhub.common.version import __version__
from slimhub.export import record, signature_names
from slimhub.export.identity import Identity
from slimhub.export.labels import Labels
from slimhub.export.record import Record
from slimhub.export.record_parts import (
    RecordedLabels,
    RecordedNetwork,
    RecordedOutput,
    RecordedProof,
    RecordedRange,
    RecordedSource,
    RecordedVariables,
    RecordedVersions,
)
from slimhub.export.request import Request
from slimhub.nets import NetworkSpec


def draft(
    request: Request,
    spec: NetworkSpec,
    checkpoint: Checkpoint,
    variables: RecordedVariables,
    labels: Labels | None,
    shown: Sequence[str] = (),
) -> Record:
    """What a record says before the artifact is written.

    Args:
      request: for a network given by name.
      spec: with the request's options.
      checkpoint: what it was made from.
      variables: what filled them, see `describe_variables`.
      labels: of the artifact, or None.
      shown: names of the options that the original graph showed.
    """
    is_classification = request.task == "classification"
    network, recorded_labels = describe_network(spec), describe_labels(labels)
    return Record(
        task=request.task,
        network=network,
        output=RecordedOutput(
            name="logits" if is_classification else "feature_vector",
            width=spec.output_width(request.task),
            signatures=signature_names.of_network(spec, request.task),
        ),
        labels=recorded_labels,
        source=RecordedSource(
            origin=_readable(checkpoint.source_name),
            sha256=checkpoint.source_sha256,
            name=_readable(checkpoint.label),
            format=checkpoint.format,
            step=checkpoint.step,
            averages=request.averages,
            ignore_leftover=request.ignore_leftover,
            scope=request.scope and request.scope.strip("/"),
            artifact=_artifact(checkpoint),
            graph_options=tuple(shown) or None,
        ),
        variables=variables,
        versions=_versions(),
        command=_readable(request.command(checkpoint.source_name)),
        identity=identify(request, network, recorded_labels, checkpoint.source_sha256).to_record(),
        proof=RecordedProof(mode=request.proof, counts={}),
        files={},
    )


def identify(
    request: Request,
    network: RecordedNetwork,
    labels: RecordedLabels | None,
    checkpoint: str | None,
) -> Identity:
    """The identity of an export by this release.

    Args:
      request: for a network given by name.
      network: with the request's options.
      labels: of the artifact, or None.
      checkpoint: digest of the source, None if unknown.
    """
    return Identity(
        release=__version__,
        task=request.task,
        network=network,
        labels=labels,
        checkpoint=checkpoint,
        checkpoint_name=request.checkpoint_name,
        averages=request.averages,
        proof=request.proof,
        ignore_leftover=request.ignore_leftover,
        scope=request.scope and request.scope.strip("/"),
    )


def describe_network(spec: NetworkSpec) -> RecordedNetwork:
    """The network section of a record."""
    return RecordedNetwork(
        name=spec.name,
        reference=spec.reference,
        family=spec.family,
        scope=spec.scope,
        depth_multiplier=spec.depth_multiplier,
        image_size=spec.image_size,
        size_is_free=spec.size_is_free,
        input_range=(0.0, 1.0),
        input_scaling=spec.input_scaling.value,
        feature_depth=spec.feature_depth,
        num_classes=spec.num_classes,
        has_background=spec.has_background,
        drop_background=spec.drop_background,
        weight_decay=spec.weight_decay,
        batch_norm_epsilon=spec.batch_norm_epsilon,
        paper=spec.paper.url if spec.paper else "",
        public_checkpoint=spec.checkpoint,
        channels=spec.channels,
        last_layer=spec.last_layer,
        output_stride=spec.output_stride,
        has_batch_norm=spec.has_batch_norm,
        batch_norm_scale=spec.batch_norm_scale,
        options=spec.options.given(),
    )


def describe_labels(labels: Labels | None) -> RecordedLabels | None:
    """Number, source and digest of the labels."""
    if labels is None:
        return None
    digest = files.digest_text(labels.text()).sha256
    return RecordedLabels(count=len(labels.names), source=_readable(labels.source), sha256=digest)


def describe_variables(plan: Plan, counts: dict[str, int]) -> RecordedVariables:
    """What filled the variables, and what was left over.

    Args:
      plan: what filled them.
      counts: `count`, `parameters` and `statistics`, see `RecordedVariables`.
    """
    return RecordedVariables(
        filled=plan.counts(),
        averages_in_checkpoint=plan.averages,
        left_over_expected={kind: len(names) for kind, names in plan.expected.items()},
        left_over=tuple(plan.unexpected),
        ignored=None if plan.ignore_leftover is None else plan.ignored,
        cast=plan.cast() or None,
        masked=plan.masked() or None,
        trained_without_average=tuple(plan.without_average),
        **counts,
    )


def describe_ranges(ranges: dict[str, tuple[float, float]]) -> dict[str, RecordedRange] | None:
    """The ranges of a quantization-aware training.

    Args:
      ranges: see `trained_ranges.read`.
    """
    found = {
        place: RecordedRange(min=smallest, max=largest)
        for place, (smallest, largest) in ranges.items()
    }
    return found or None


def _artifact(checkpoint: Checkpoint) -> str | None:
    """The digest of the record in a source, which covers all its other files."""
    if checkpoint.format != "saved_model_2":
        return None
    path = checkpoint.graph_files[0].parent / record.PATH
    return files.sha256_of(path) if path.is_file() else None


def _versions() -> RecordedVersions:
    return RecordedVersions(
        slimhub=__version__,
        python=platform.python_version(),
        tensorflow=metadata.version("tensorflow"),
        tf_slim=metadata.version("tf-slim"),
        numpy=metadata.version("numpy"),
    )


def _readable(name: str) -> str:
    """A file name that UTF-8 can hold: file systems accept any bytes."""
    return os.fsencode(name).decode("utf-8", "replace")
