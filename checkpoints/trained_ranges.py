"""The ranges of 8-bit values that training with `tf.contrib.quantize` left in a checkpoint.

It wrote two scalars for each place that it quantized, named `PLACE/min` and `PLACE/max`:
`weights_quant` is the range of a layer's weights, folded with its batch norm, and `act_quant` and
others that of activations. Those of activations are averages over steps of training.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slimhub.checkpoints.checkpoint import Checkpoint

_STEPS = 255  # of 8 bits
MOST = 4096  # ranges; NASNet has about 1,000 places
_END = re.compile(r"(?P<place>(.+/)?\w+_quant)/(?P<end>min|max)$")


class RangeError(Exception):
    """Says which range cannot be used, and why."""


def read(checkpoint: Checkpoint, averages: str) -> dict[str, tuple[float, float]]:
    """Reads every range.

    Args:
      checkpoint: may have been trained for quantization.
      averages: as for `plan`; a shadow of an end is used unless it is `raw`.

    Returns:
      Smallest and largest value by place, such as `MobilenetV1/MobilenetV1/Conv2d_0/act_quant`;
      empty if the checkpoint has no ranges.

    Raises:
      RangeError: if a range is incomplete, is not a range around 0, or there are too many.
      CheckpointError: if bytes are damaged.
    """
    ends: dict[str, dict[str, float]] = {}
    for name in checkpoint.tensors:
        if found := _END.match(name):
            ends.setdefault(found["place"], {})[found["end"]] = _number(checkpoint, name, averages)
    if len(ends) > MOST:
        raise RangeError(f"there are {len(ends)} of them, more than {MOST}")
    for place, found_ends in ends.items():
        if len(found_ends) < 2:
            raise RangeError(f"{place} has no {'min' if 'max' in found_ends else 'max'}")
        check(place, found_ends["min"], found_ends["max"])
    return {place: (ends[place]["min"], ends[place]["max"]) for place in sorted(ends)}


def check(place: str, smallest: float, largest: float) -> None:
    """Refuses what cannot be divided into 255 steps, one of which is 0.

    Args:
      place: named in the message.
      smallest: lower end.
      largest: upper end.

    Raises:
      RangeError: if 0 is not between the ends, or a step between them is not a float32.
    """
    import numpy as np  # only here, as that takes as long as refusing a request

    with np.errstate(over="ignore", invalid="ignore"):
        step = (np.float32(largest) - np.float32(smallest)) / np.float32(_STEPS)
    is_step = np.isfinite(step) and step >= np.finfo(np.float32).tiny
    if not is_step or not smallest <= 0 <= largest:
        raise RangeError(f"{place} is [{smallest:g}, {largest:g}], not a range around 0")


def _number(checkpoint: Checkpoint, name: str, averages: str) -> float:
    shadow = checkpoint.shadow_of(name)
    tensor = shadow if shadow and averages != "raw" else name
    info = checkpoint.tensors[tensor]
    if info.shape != () or info.dtype != "float32":
        raise RangeError(f"{tensor} is {info.dtype}{list(info.shape)}, not one float32")
    return float(checkpoint.read(tensor))
