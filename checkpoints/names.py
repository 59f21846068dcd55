"""What the names of files and tensors in TF1 checkpoints mean."""

from __future__ import annotations

import re

SHADOW = "/ExponentialMovingAverage"  # suffix of tf.train.ExponentialMovingAverage
SAVED_MODEL = "saved_model.pb"  # the graph of a SavedModel
HUB_MODULE = "tfhub_module.pb"  # next to it in a TensorFlow 1 Hub module
# Named like a graph, but cannot hold or use weights on its own.
_NO_GRAPHS = (SAVED_MODEL, HUB_MODULE, "keras_metadata.pb", "fingerprint.pb")
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"  # only in object-based checkpoints of TF2

_V2_FILE = re.compile(r"^(?P<prefix>.+)\.(index|meta|data-\d{5}-of-\d{5})$")
_V1_FILE = re.compile(r"^.+\.ckpt(-\d+)?$")
_UNFINISHED = re.compile(r"_temp(_[0-9a-f]+)?/part-\d{5}-of-\d{5}$")
_STEP = re.compile(r"-(\d{1,18})$")  # more do not fit into 64 bits

# Slots are named after their optimizer, by default after its class.
_OPTIMIZERS = (
    "RMSProp|Momentum|MomentumW|Adam|AdamW|LazyAdam|Nadam|AdaMax|LAMB|LARS|Adagrad|AdagradDA"
    "|Adadelta|Ftrl|ProximalAdagrad|AddSign|PowerSign"
)
_SLOT = re.compile(
    rf"/({_OPTIMIZERS})(Optimizer)?(_\d+)?$"
    r"|/(adam|lamb)_[mv](_\d+)?$"  # of the optimizers that came with BERT and ALBERT
    r"|(^|/)beta[12]_power(_\d+)?$"
)
# Tensors that training leaves behind and networks never use; the first match counts.
_EXPECTED = {
    "quantization ranges": r"(^|/)\w+_quant/(.+/)?(min|max)"
    r"(/(biased|local_step|ExponentialMovingAverage))?$",
    "optimizer slots": _SLOT.pattern,
    "training step": r"(^|/)global_step$",
    "learning rate": r"(^|/)learning_rate$",
    "loss scale": r"(^|/)((current_)?loss_scale|good_steps)$",
    "bookkeeping of averages": r"/(biased|local_step)(_\d+)?$",  # of zero-debiased averages
    "batch renormalization": r"/renorm_(mean|stddev)(_weight)?$",
    "bookkeeping of pruning": r"^model_pruning/|(^|/)last_mask_update_step$",
    "mean color": r"(^|/)mean_rgb$",
}
# How one tensor, and several tensors, of a kind are called; other kinds have a single form.
_ONE = {
    "variables": "variable",
    "quantization ranges": "quantization range",
    "optimizer slots": "optimizer slot",
    "moving averages": "moving average",
    "raw values with an average": "raw value with an average",
}
_SEVERAL = {
    "training step": "training steps",
    "learning rate": "learning rates",
    "loss scale": "loss scales",
    "mean color": "mean colors",
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _EXPECTED.items()}


def count_kind(number: int, kind: str) -> str:
    """The number of tensors of a kind, in the right form: `1 optimizer slot`."""
    return f"{number} {(_ONE if number == 1 else _SEVERAL).get(kind, kind)}"


def prefix_of(file_name: str) -> str | None:
    """The prefix that a file belongs to, for V2's three kinds of files; None for others."""
    match = _V2_FILE.match(file_name)
    return match["prefix"] if match else None


def is_v1_name(file_name: str) -> bool:
    """Whether a file is named like a V1 checkpoint: `NAME.ckpt` or `NAME.ckpt-STEP`."""
    return _V1_FILE.match(file_name) is not None


def is_unfinished(prefix: str) -> bool:
    """Whether a prefix belongs to a checkpoint whose save was interrupted."""
    return _UNFINISHED.search(prefix) is not None


def step_of(prefix: str) -> int | None:
    """The step at the end of a prefix, as in `model.ckpt-1000`."""
    match = _STEP.search(prefix)
    return int(match[1]) if match else None


def expected_kind(tensor: str) -> str | None:
    """What kind of training leftover a tensor is; None if it is none."""
    name = tensor.removesuffix(SHADOW)
    return next((kind for kind, p in _PATTERNS.items() if p.search(name)), None)


def is_variable(tensor: str) -> bool:
    """Whether a tensor is a variable of a network, and not a slot, step or average.

    Args:
      tensor: its name in the checkpoint.

    Returns:
      What its name says; no value is read.
    """
    return expected_kind(tensor) is None and not tensor.endswith(SHADOW)


def base_of(tensor: str) -> str:
    """The variable that a shadow or slot belongs to; other names are returned unchanged."""
    name = _SLOT.sub("", tensor)
    return name.removesuffix(SHADOW)


def is_graph(file: str) -> bool:
    """Whether a file is named like a graph, binary or text; not true for SavedModels."""
    return file.endswith((".pb", ".pbtxt")) and file.rpartition("/")[2] not in _NO_GRAPHS
