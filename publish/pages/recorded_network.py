"""The network of an artifact, as its record names it."""

from __future__ import annotations

from typing import Any

from slimhub import nets
from slimhub.common.errors import PublishError
from slimhub.nets import NetworkOptions, NetworkSpec


def spec_of(content: dict[str, Any]) -> NetworkSpec | None:
    """The network with the options it was exported with.

    Args:
      content: of a record that was checked.

    Returns:
      A spec, or None for a network of a user's own, whose module is not imported.

    Raises:
      PublishError: for a network that is not known here, or cannot have such options.
    """
    network = content["network"]
    if network["reference"]:
        return None
    try:
        return registered(content).customized(NetworkOptions.of_record(network))
    except nets.NetworkError as error:
        raise PublishError(
            f"the record of the artifact names a network that this slimhub does not have: {error}; "
            f"slimhub {content['versions']['slimhub']} wrote it"
        ) from error


def registered(content: dict[str, Any]) -> NetworkSpec:
    """The network with its default options.

    Raises:
      nets.NetworkError: for a network that is not registered.
    """
    name = content["network"]["name"]
    if name not in nets.names():  # never import what a record names
        raise nets.NetworkError(f"no network is named {name!r}")
    return nets.get(name)
