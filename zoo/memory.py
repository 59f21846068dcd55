"""How much memory one export needs, from stored counts: nothing is built."""

from __future__ import annotations

import math

from slimhub import nets
from slimhub.export.verify.process.proof_server import LARGE

# Fitted to whole exports that `scripts/sweep.py` measured, all their processes together: bytes.
# The fit is never more than 0.3 GB below; that much is in the first one.
_PROCESSES = 1.3e9  # TensorFlow, in all of them
_PER_VARIABLE = 2.2e6  # layers in the graphs, their functions and gradients
_PER_PARAMETER = 50  # values, gradients and moving averages, on both sides of the proof
_PER_ACTIVATION = 47  # endpoints of several batches, on both sides of the proof
_IN_TURN = 2 / 3  # of it, where the parts of the proof look one after the other
_UNPROVED = 1 / 2  # of it, without a proof


def estimate(spec: nets.NetworkSpec, task: str, proof: str) -> int:
    """Bytes that an export needs, all its processes together, at its peak.

    Args:
      spec: with the options of the export.
      task: one of `nets.TASKS`.
      proof: mode of the proof.
    """
    plain = nets.get(spec.name)
    width = spec.depth_multiplier / plain.depth_multiplier
    pixels = (spec.image_size / plain.image_size) ** 2
    parameters = nets.count_parameters(spec.name)["headless"] * width**2
    if task == "classification":
        parameters += spec.feature_depth * spec.num_classes
    needed = _PROCESSES + _PER_VARIABLE * len(nets.stored_variables(spec.name))
    needed += _PER_PARAMETER * parameters
    needed += _PER_ACTIVATION * _activations(spec.name) * width * pixels
    if proof == "none":
        return int(needed * _UNPROVED)
    return int(needed * (_IN_TURN if _bytes(parameters) > LARGE else 1))


def _activations(network: str) -> int:
    """Numbers in all endpoints together, of one image of the default size."""
    return sum(math.prod(endpoint.shape) for endpoint in nets.describe_endpoints(network))


def _bytes(parameters: float) -> float:
    return 4 * parameters  # float32
