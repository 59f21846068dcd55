"""Checks how distribution strategies will treat the variables, from their saved attributes."""

from __future__ import annotations

from collections.abc import Iterator

from tensorflow.core.framework import variable_pb2

from slimhub.export.verify.proof import Check, passed_or_failed
from slimhub.export.verify.reference.artifact import Artifact

NAME = "variables under a distribution strategy"
_AVERAGED = (
    variable_pb2.VARIABLE_SYNCHRONIZATION_ON_READ,
    variable_pb2.VARIABLE_AGGREGATION_MEAN,
)
_USUAL = (variable_pb2.VARIABLE_SYNCHRONIZATION_AUTO, variable_pb2.VARIABLE_AGGREGATION_NONE)


def check(artifact: Artifact) -> Check:
    """Checks that replicas have their own moving statistics, and that their mean is saved.

    This can only fail for an artifact whose record has an identity: early releases did not set the
    attributes, and without a strategy their artifacts compute the same.

    Args:
      artifact: any.
    """
    complaints = list(_complaints(artifact))
    record = artifact.record
    if not complaints or (record is not None and record.identity is not None):
        return passed_or_failed("contract", NAME, complaints)
    if record is None:
        reason = "not written by slimhub"
    else:
        reason = "written by an early release of slimhub; export it again to change that"
    return Check("contract", NAME, "not run", f"{'; '.join(complaints)} ({reason})")


def _complaints(artifact: Artifact) -> Iterator[str]:
    nodes = artifact.proto.meta_graphs[0].object_graph_def.nodes
    saved = [node.variable for node in nodes if node.WhichOneof("kind") == "variable"]
    attributes = {v.name: (v.synchronization, v.aggregation) for v in saved}
    statistics = [v.name for v in saved if not v.trainable]
    trained = [v.name for v in saved if v.trainable]
    if wrong := [name for name in statistics if attributes[name] != _AVERAGED]:
        yield (
            f"{wrong[0]} is the first of {len(wrong)} moving statistics without synchronization "
            "ON_READ and aggregation MEAN: only those of the first replica are saved"
        )
    if wrong := [name for name in trained if attributes[name] != _USUAL]:
        yield (
            f"{wrong[0]} is the first of {len(wrong)} trainable variables with a "
            "synchronization other than AUTO or an aggregation other than NONE"
        )
