"""How much memory one export needs, from stored counts, without building anything."""

from __future__ import annotations

import math

from slimhub import nets
from slimhub.export.verify.process.parts import LARGE

# Fitted to whole exports that `scripts/sweep.py` measured, with all their processes: bytes. The fit
# is at most 0.3 GB too low; the first constant includes that much.
_PROCESSES = 1.3e9  # TensorFlow, in all of them
_PER_VARIABLE = 2.2e6  # layers in the graphs, their functions and gradients
_PER_PARAMETER = 50  # values, gradients and moving averages, on both sides of the proof
_PER_ACTIVATION = 47  # endpoints of several batches, on both sides of the proof
_IN_TURN = 2 / 3  # factor if the parts of the proof run one after the other
_UNPROVED = 1 / 2  # factor without a proof
# A conversion has three processes: the idle one that exports, one that converts, and the runtime.
# At least the largest sum of their resident memory as mobilenet_v1_025_224 (1.6 GB), inception_v1
# (2.1 GB) and resnet_v2_50 (2.5 GB) became LiteRT files in float.
_CONVERSION = 1.8e9
_COPIES = 10  # of the weights: variables, frozen graph, file, inscribed file, runtime
_ANSWERS = 4  # bytes of an endpoint's value, one batch of pictures at a time


def estimate(spec: nets.NetworkSpec, task: str, proof: str) -> int:
    """Peak memory that an export needs, with all its processes, in bytes.

    Args:
      spec: with the options of the export.
      task: one of `nets.TASKS`.
      proof: mode of the proof.
    """
    parameters = _parameters(spec, task)
    needed = _PROCESSES + _PER_VARIABLE * len(nets.stored_variables(spec.name))
    needed += _PER_PARAMETER * parameters
    needed += _PER_ACTIVATION * _activations(spec.name) * _width(spec) * _pixels(spec)
    if proof == "none":
        return int(needed * _UNPROVED)
    return int(needed * (_IN_TURN if _bytes(parameters) > LARGE else 1))


def estimate_conversion(spec: nets.NetworkSpec, task: str) -> int:
    """Peak memory that converting an artifact needs, with the idle process that exports, in bytes.

    Args:
      spec: with the options of the export.
      task: one of `nets.TASKS`.
    """
    needed = _CONVERSION + _COPIES * _bytes(_parameters(spec, task))
    return int(needed + _ANSWERS * _activations(spec.name) * _width(spec) * _pixels(spec))


def _parameters(spec: nets.NetworkSpec, task: str) -> float:
    found = nets.count_parameters(spec.name)["headless"] * _width(spec) ** 2
    if task == "classification":
        found += spec.feature_depth * spec.num_classes
    return found


def _width(spec: nets.NetworkSpec) -> float:
    return spec.depth_multiplier / nets.get(spec.name).depth_multiplier


def _pixels(spec: nets.NetworkSpec) -> float:
    (height, width, _), registered = spec.image_shape, nets.get(spec.name).image_shape
    return height * width / math.prod(registered[:2])


def _activations(network: str) -> int:
    """Number of values in all endpoints together, for one image of the default size."""
    return sum(math.prod(endpoint.shape) for endpoint in nets.describe_endpoints(network))


def _bytes(parameters: float) -> float:
    return 4 * parameters  # float32
