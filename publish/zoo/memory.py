"""How much memory one export needs, from stored counts: nothing is built."""

from __future__ import annotations

import math

import nets

# Fitted to whole exports that `scripts/sweep.py` measured, see BUILD.md: bytes.
_PROCESSES = 1.3e9  # TensorFlow in all processes of an export, and the graphs
_PER_PARAMETER = 30  # variables, their gradients and copies on disk, in all processes
_PER_ACTIVATION = 60  # endpoints of several batches, on both sides of the proof
_UNPROVED = 0.5  # share of it without a proof


def estimate(spec: nets.NetworkSpec, task: str, proof: str) -> int:
    """Bytes that an export needs, all its processes together, at its peak.

    Args:
      spec: with the options of the export.
      task: one of `nets.TASKS`.
      proof: mode of the proof.
    """
    plain = nets.get(spec.name)
    counts = nets.count_parameters(spec.name)
    parameters = counts["headless"] * (spec.depth_multiplier / plain.depth_multiplier) ** 2
    if task == "classification":
        parameters += spec.feature_depth * spec.num_classes
    pixels = (spec.image_size / plain.image_size) ** 2
    width = spec.depth_multiplier / plain.depth_multiplier
    activations = _activations(spec.name) * pixels * width
    needed = _PROCESSES + _PER_PARAMETER * parameters + _PER_ACTIVATION * activations
    return int(needed if proof != "none" else needed * _UNPROVED)


def _activations(network: str) -> int:
    """Numbers in all endpoints together, of one image of the default size."""
    return sum(math.prod(endpoint.shape) for endpoint in nets.describe_endpoints(network))
