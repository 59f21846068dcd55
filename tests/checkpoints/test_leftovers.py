"""What is left over of a checkpoint: what is harmless, and what is a layer of the network."""

import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.checkpoints import Expectations, leftovers, unknown_layers
from slimhub.common.errors import RequestError

WANTED = {
    "Net/Conv/weights": (3, 4),
    "Net/Conv/BatchNorm/beta": (4,),
    "Net/Conv/BatchNorm/moving_mean": (4,),
}
CELLS = {"conv0/weights": (3, 4), "cell_0/1x1/weights": (3, 4), "cell_1/1x1/weights": (3, 4)}
SHADOW = "/ExponentialMovingAverage"


def sort(*more, wanted=WANTED, scope="Net", ignore=None):
    stored = wanted | {name: (4,) for name in more}
    return leftovers.sort(stored, wanted, wanted, Expectations([r"/Logits/"], scope, ignore))


@pytest.mark.parametrize("optimizer", [
    "RMSProp", "Momentum", "Adam", "AdamW", "LAMB", "LARS", "LARSOptimizer", "Nadam", "AdaMax",
    "Adagrad", "AdagradDA", "Adadelta", "Ftrl", "ProximalAdagrad", "adam_m", "adam_v", "lamb_v",
])  # fmt: skip
@pytest.mark.parametrize("prefix", ["", "OptimizeLoss/"])
def test_slots_of_every_optimizer_are_expected(optimizer, prefix):
    slots = [f"{prefix}Net/Conv/weights/{optimizer}{number}" for number in ("", "_1", "_2")]
    left = sort(*slots)
    assert left.expected == {"optimizer slots": tuple(slots)}
    assert left.unexpected == left.unknown == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("OptimizeLoss/beta1_power", "optimizer slots"),
        ("beta2_power_1", "optimizer slots"),
        ("OptimizeLoss/learning_rate", "learning rate"),
        ("loss_scale", "loss scale"),
        ("current_loss_scale", "loss scale"),
        ("Net/Conv/BatchNorm/renorm_mean", "batch renormalization"),
        ("Net/Conv/BatchNorm/renorm_mean_weight", "batch renormalization"),
        ("Net/Conv/BatchNorm/renorm_stddev" + SHADOW, "batch renormalization"),
        ("Net/Conv/BatchNorm/renorm_stddev_weight", "batch renormalization"),
        ("Net/Net/Conv/act_quant/min", "quantization ranges"),
        ("Net/Conv/weights_quant/max", "quantization ranges"),
        ("Net/Net/Conv/act_quant/Net/Net/Conv/act_quant/max/biased", "quantization ranges"),
        ("Net/Net/Conv/act_quant/Net/Net/Conv/act_quant/max/local_step", "quantization ranges"),
        ("Net/mean_rgb", "mean color"),
        ("mean_rgb", "mean color"),
        ("model_pruning/last_mask_update_step", "bookkeeping of pruning"),
        ("Net/Logits/weights", "tensors of layers that this task does not use"),
    ],
)
def test_what_is_harmless_is_named_by_kind(name, kind):
    left = sort(name)
    assert left.expected == {kind: (name,)}
    assert left.unexpected == left.unknown == ()


@pytest.mark.parametrize(
    "name",
    [
        "Net/Conv/BatchNorm/gamma",
        "Net/Conv/biases",
        "Net/Other/weights",
        "Net/Other/weights" + SHADOW,
        "Net/Conv/weights_1",
        "Net/Conv/mask",  # of another shape than the weights
        "Net/Conv/threshold",  # without a mask
    ],
)
def test_layers_under_the_scope_are_unknown(name):
    assert sort(name).unknown == sort(name).unexpected == (name,)


@pytest.mark.parametrize(
    "name",
    [
        "Tower/Conv/weights",
        "Network/Conv/weights",
        "Net",
        "heads/Net/weights",
        "Net/Conv/weights" + SHADOW + "_1",  # a known variable's average, in another form
        "train/Net/Conv/weights" + SHADOW,
    ],
)
def test_what_is_not_a_layer_of_the_network_is_only_reported(name):
    left = sort(name)
    assert (left.unexpected, left.unknown) == ((name,), ())


def test_without_a_scope_the_first_part_of_a_name_decides():
    inside = ("cell_0/se/weights", "cell_17/1x1/weights", "conv0/BatchNorm/gamma")
    outside = ("conv1/weights", "tower/cell_0/weights", "cell_2", "cells/w")
    left = sort(*inside, *outside, wanted=CELLS, scope="")
    assert left.unknown == inside
    assert left.unexpected == inside + outside


def test_layers_are_ignored_by_a_pattern():
    names = ("Net/Conv/BatchNorm/gamma", "Net/se/weights", "Tower/BatchNorm/gamma")
    left = sort(*names, ignore="/gamma$")
    assert left.ignored == names[:1]
    assert left.unknown == names[1:2]
    assert left.unexpected == names[1:]


@pytest.mark.parametrize("pattern", ["(", "*", ""])
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(RequestError, match="`ignore_leftover` is "):
        checkpoints.parse_pattern(pattern)


@pytest.mark.parametrize(
    ("names", "looks"),
    [
        (
            ["Net/Conv/BatchNorm/gamma"],
            "batch norms of the checkpoint have a gamma, but those of this net",
        ),
        (
            ["Net/Conv/BatchNorm/scale"],
            "batch norms of the checkpoint have a scale, but those of this net",
        ),
        (
            ["Net/Conv/biases"],
            "layers of the checkpoint have biases, but those of this network do not.",
        ),
        (["Net/Conv/mask"], "pruning masks that do not match any weights of this network."),
        (["Net/se/weights", "Net/se/biases"], "layers that the network does not have."),
        (["Net/Conv/BatchNorm/gamma", "Net/se/w"], "do not; layers that the network does not"),
    ],
)
def test_the_complaint_says_what_they_look_like(names, looks):
    said = unknown_layers.complaint(names, WANTED, "model-7")
    assert looks in said
    assert said.startswith("model-7 has ")
    assert names[0] in said
    assert "`ignore_leftover=PATTERN`" in said


def test_many_are_counted():
    names = [f"Net/se_{number}/weights" for number in range(10)]
    said = unknown_layers.complaint(names, WANTED, "model-7")
    assert "has 10 tensors in the network's scope" in said
    assert "Net/se_3/weights and 6 more" in said


def test_a_mask_that_the_network_has_itself_is_a_variable():
    wanted = {"Net/Conv/weights": np.shape(np.ones(4)), "Net/Conv/mask": (4,)}
    assert sort("Net/Conv/mask", wanted=wanted).expected == {}
