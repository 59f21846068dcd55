"""What the names of files and tensors of a TF1 checkpoint mean."""

from __future__ import annotations

import re

SHADOW = "/ExponentialMovingAverage"  # suffix of tf.train.ExponentialMovingAverage
SAVED_MODEL = "saved_model.pb"  # the graph of a SavedModel
HUB_MODULE = "tfhub_module.pb"  # beside it in a TensorFlow 1 Hub module
# What is called as graphs are, and is none that could hold or use weights by itself.
_NO_GRAPHS = (SAVED_MODEL, HUB_MODULE, "keras_metadata.pb", "fingerprint.pb")
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"  # only in TF2's object-based checkpoints

_V2_FILE = re.compile(r"^(?P<prefix>.+)\.(index|meta|data-\d{5}-of-\d{5})$")
_V1_FILE = re.compile(r"^.+\.ckpt(-\d+)?$")
_UNFINISHED = re.compile(r"_temp(_[0-9a-f]+)?/part-\d{5}-of-\d{5}$")
_STEP = re.compile(r"-(\d+)$")

# Slots go by the name of their optimizer, which is the class's by default.
_OPTIMIZERS = (
    "RMSProp|Momentum|MomentumW|Adam|AdamW|LazyAdam|Nadam|AdaMax|LAMB|LARS|Adagrad|AdagradDA"
    "|Adadelta|Ftrl|ProximalAdagrad|AddSign|PowerSign"
)
_SLOT = re.compile(
    rf"/({_OPTIMIZERS})(Optimizer)?(_\d+)?$"
    r"|/(adam|lamb)_[mv](_\d+)?$"  # of the optimizers that came with BERT and ALBERT
    r"|(^|/)beta[12]_power(_\d+)?$"
)
# What training leaves behind and no network asks for; the first that matches counts.
_EXPECTED = {
    "quantization ranges": r"(^|/)\w+_quant/(.+/)?(min|max)(/(biased|local_step))?$",
    "optimizer slots": _SLOT.pattern,
    "training step": r"(^|/)global_step$",
    "learning rate": r"(^|/)learning_rate$",
    "loss scale": r"(^|/)((current_)?loss_scale|good_steps)$",
    "bookkeeping of averages": r"/(biased|local_step)(_\d+)?$",  # of zero-debiased ones
    "batch renormalization": r"/renorm_(mean|stddev)(_weight)?$",
    "bookkeeping of pruning": r"^model_pruning/|(^|/)last_mask_update_step$",
    "mean color": r"(^|/)mean_rgb$",
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _EXPECTED.items()}


def prefix_of(file_name: str) -> str | None:
    """The prefix a file belongs to by its name: V2's three kinds, None for others."""
    match = _V2_FILE.match(file_name)
    return match["prefix"] if match else None


def is_v1_name(file_name: str) -> bool:
    """Whether a file is called as V1 checkpoints are: `NAME.ckpt` or `NAME.ckpt-STEP`."""
    return _V1_FILE.match(file_name) is not None


def is_unfinished(prefix: str) -> bool:
    """Whether a prefix is a part of a checkpoint whose save was killed before it was whole."""
    return _UNFINISHED.search(prefix) is not None


def step_of(prefix: str) -> int | None:
    """The step at the end of a prefix, as in `model.ckpt-1000`."""
    match = _STEP.search(prefix)
    return int(match[1]) if match else None


def expected_kind(tensor: str) -> str | None:
    """What a tensor is that training leaves behind and no network asks for, or None."""
    name = tensor.removesuffix(SHADOW)
    return next((kind for kind, p in _PATTERNS.items() if p.search(name)), None)


def is_variable(tensor: str) -> bool:
    """Whether a tensor is a network's own: no slot, step or average."""
    return expected_kind(tensor) is None and not tensor.endswith(SHADOW)


def base_of(tensor: str) -> str:
    """The variable that a shadow or a slot belongs to; other names as they are."""
    name = _SLOT.sub("", tensor)
    return name.removesuffix(SHADOW)


def is_graph(file: str) -> bool:
    """Whether a file is called as graphs are, in binary or as text; a SavedModel's is not."""
    return file.endswith((".pb", ".pbtxt")) and file.rpartition("/")[2] not in _NO_GRAPHS
