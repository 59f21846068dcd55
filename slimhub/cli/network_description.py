"""What is known of a network, as JSON: for `slimhub list` and `slimhub describe`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slimhub.nets import NetworkSpec


def is_stored(spec: NetworkSpec) -> bool:
    """Whether its variables and endpoints are known without building it; a user's own are not."""
    return not spec.reference


def as_json(spec: NetworkSpec) -> dict[str, Any]:
    """All that is known of a network without building it.

    Args:
      spec: registered, or a user's own, whose parameters, MACs and endpoints are left out.

    Returns:
      What a record says of the network, and its published figures, paper, the URL of the public
      checkpoint's archive, parameters, MACs and endpoints.
    """
    from slimhub import nets
    from slimhub.export import record_draft, record_json

    description: dict[str, Any] = record_json.encode(record_draft.describe_network(spec)) | {
        "public_checkpoint_url": spec.archive_url,
        "published": dataclasses.asdict(spec.published) | {"latency": _latency(spec)},
    }
    if not is_stored(spec):
        return description
    return description | {
        "parameters": nets.count_parameters(spec.name),
        "macs": nets.count_macs(spec.name),
        "endpoints": [
            dataclasses.asdict(endpoint) | {"name": spec.endpoint_key(endpoint.name)}
            for endpoint in nets.describe_endpoints(spec.name)
        ],
    }


def _latency(spec: NetworkSpec) -> list[dict[str, Any]] | None:
    """The published time for one image on each phone; None if there is none."""
    from slimhub import nets

    if spec.published.latency is None:
        return None
    times = zip(nets.PHONES, spec.published.latency, strict=True)
    return [{"phone": phone, "milliseconds": time} for phone, time in times]
