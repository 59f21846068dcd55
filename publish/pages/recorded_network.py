"""The network of an artifact, as its record names it."""

from __future__ import annotations

from typing import Any

from slimhub import nets
from slimhub.common.errors import PublishError
from slimhub.nets import NetworkSpec


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
        spec = registered(content)
        return spec.customized(**_options(spec, network))
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


def _options(spec: NetworkSpec, network: dict[str, Any]) -> dict[str, Any]:
    named = ("depth_multiplier", "num_classes", "image_size")
    options = {key: network[key] for key in named if network[key] != getattr(spec, key)}
    return options | {
        "feature_depth": network["feature_depth"],
        "free_size": network["size_is_free"] and not spec.size_is_free,
        "drop_background": network["drop_background"],
    }
