"""The network of an artifact, as its record names it."""

from __future__ import annotations

from typing import Any

from slimhub import nets
from slimhub.common.errors import PublishError
from slimhub.export.record import Record
from slimhub.export.record_parts import RecordedNetwork
from slimhub.nets import NetworkSpec


def spec_of(record: Record) -> NetworkSpec | None:
    """The network with the options it was exported with.

    Args:
      record: of the artifact.

    Returns:
      A spec, or None for a network of a user's own, whose module is not imported.

    Raises:
      PublishError: for a network that is not known here, or cannot have such options.
    """
    network = record.network
    if network.reference:
        return None
    try:
        spec = registered(record)
        return spec.customized(**_options(spec, network))
    except nets.NetworkError as error:
        raise PublishError(
            f"the record of the artifact names a network that this slimhub does not have: {error}; "
            f"slimhub {record.versions.slimhub} wrote it"
        ) from error


def registered(record: Record) -> NetworkSpec:
    """The network with its default options.

    Raises:
      nets.NetworkError: for a network that is not registered.
    """
    name = record.network.name
    if name not in nets.names():  # never import what a record names
        raise nets.NetworkError(f"no network is named {name!r}")
    return nets.get(name)


def _options(spec: NetworkSpec, network: RecordedNetwork) -> dict[str, Any]:
    named = ("depth_multiplier", "num_classes", "image_size")
    recorded = {key: getattr(network, key) for key in named}
    options = {key: value for key, value in recorded.items() if value != getattr(spec, key)}
    return options | {
        "feature_depth": network.feature_depth,
        "free_size": network.size_is_free and not spec.size_is_free,
        "drop_background": network.drop_background,
    }
