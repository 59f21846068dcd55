"""The network of an artifact, as its record names it."""

from __future__ import annotations

from slimhub import nets
from slimhub.common.errors import PublishError
from slimhub.export.record import Record
from slimhub.nets import NetworkOptions, NetworkSpec


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
        return registered(record).customized(NetworkOptions.of_record(network.settings()))
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
