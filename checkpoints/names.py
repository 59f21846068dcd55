"""What the names of files and tensors of a TF1 checkpoint mean."""

from __future__ import annotations

import re

SHADOW = "/ExponentialMovingAverage"  # suffix of tf.train.ExponentialMovingAverage
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"  # only in TF2's object-based checkpoints

_V2_FILE = re.compile(r"^(?P<prefix>.+)\.(index|meta|data-\d{5}-of-\d{5})$")
_V1_FILE = re.compile(r"^.+\.ckpt(-\d+)?$")
_STEP = re.compile(r"-(\d+)$")

_SLOT = re.compile(
    r"/(RMSProp|Momentum|Adam|AdaMax|Adagrad|AdagradDA|Adadelta|Ftrl|ProximalAdagrad)(_\d+)?$"
    r"|(^|/)beta[12]_power(_\d+)?$"
)
_STEP_TENSOR = re.compile(r"(^|/)global_step$")
_DEBIAS = re.compile(r"/(biased|local_step)$")  # of zero-debiased moving averages


def prefix_of(file_name: str) -> str | None:
    """The prefix a file belongs to by its name: V2's three kinds, None for others."""
    match = _V2_FILE.match(file_name)
    return match["prefix"] if match else None


def is_v1_name(file_name: str) -> bool:
    """Whether a file is called as V1 checkpoints are: `NAME.ckpt` or `NAME.ckpt-STEP`."""
    return _V1_FILE.match(file_name) is not None


def step_of(prefix: str) -> int | None:
    """The step at the end of a prefix, as in `model.ckpt-1000`."""
    match = _STEP.search(prefix)
    return int(match[1]) if match else None


def matter_of_course(tensor: str) -> str | None:
    """What a tensor is that training leaves behind and no network asks for, or None."""
    if _SLOT.search(tensor):
        return "optimizer slots"
    if _STEP_TENSOR.search(tensor):
        return "training step"
    if _DEBIAS.search(tensor):
        return "bookkeeping of averages"
    return None


def is_variable(tensor: str) -> bool:
    """Whether a tensor is a network's own: no slot, step or average."""
    return matter_of_course(tensor) is None and not tensor.endswith(SHADOW)


def base_of(tensor: str) -> str:
    """The variable that a shadow or a slot belongs to; other names as they are."""
    name = _SLOT.sub("", tensor)
    return name.removesuffix(SHADOW)
