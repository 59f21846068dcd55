"""Checkpoints that do not fit what was asked for, and what the error advises."""

import shutil

import ml_dtypes
import numpy as np
import pytest

from slimhub import export
from slimhub.checkpoints import CheckpointError
from slimhub.common.errors import RequestError
from slimhub.nets.catalogue import stored
from tests.conftest import write_checkpoint
from tests.fixtures import support

NETWORK = "mobilenet_v3_small_100_224"


@pytest.fixture
def refusal(tmp_path):
    """The message an export of given values ends with; it leaves nothing behind."""

    def refuse(values, **options):
        folder = tmp_path / "checkpoint"
        shutil.rmtree(folder, ignore_errors=True)  # a test may refuse several
        folder.mkdir()
        write_checkpoint(folder / "model.ckpt-1", values)
        target = tmp_path / "out" / "artifact"
        options.setdefault("proof", "none")  # starting one takes longer than refusing
        request = export.Request(NETWORK, str(folder), str(target), **options)
        with pytest.raises(CheckpointError) as caught:
            export.export(request)
        assert not target.parent.exists()
        return str(caught.value)

    return refuse


def values_of(network, **changed):
    shapes = stored.variables(network)
    return {name: support.synthetic_value(name, shape) for name, shape in shapes.items()} | changed


@pytest.mark.parametrize(("network", "error"), [("nonet", "unknown"), (NETWORK, "no check")])
def test_nothing_is_reported_of_a_request_that_is_refused(tmp_path, network, error):
    phases = []
    request = export.Request(network, tmp_path / "nothing", tmp_path / "out", proof="none")
    with pytest.raises(RequestError, match=error):
        export.export(request, phases.append)
    assert phases == []


def test_another_networks_checkpoint_is_named(refusal):
    message = refusal(values_of("mobilenet_v3_large_075_224"), proof="full")
    assert "The checkpoint belongs to mobilenet_v3_large_075_224, with 1001 classes" in message
    shapes = message.partition("with another shape:\n")[2].splitlines()[:4]
    assert shapes[3].split()[0::2] == ["and", "more"]
    assert all(line.count(" should be [") == 1 for line in shapes[:3])


def test_another_depth_multiplier_is_named(refusal):
    message = refusal(values_of("mobilenet_v3_small_075_224"))
    assert "belongs to mobilenet_v3_small_075_224" in message


def test_a_depth_multiplier_of_ones_own_is_advised(refusal):
    half = values_of(NETWORK) | {
        "MobilenetV3/Conv_1/weights": np.zeros([1, 1, 48, 288], np.float32)
    }
    message = refusal(half)
    assert "No registered network fits it" in message
    assert (
        f"{NETWORK} is the closest match: all its 208 variables are there by name, 207 of"
        in message
    )
    assert "`depth_multiplier`" in message


def test_an_option_too_many_is_named(refusal):
    message = refusal(values_of(NETWORK), depth_multiplier=0.75)
    assert f"fits {NETWORK} without `depth_multiplier=0.75`: leave that out." in message


def test_another_class_count_is_advised(refusal):
    logits = {
        "MobilenetV3/Logits/Conv2d_1c_1x1/weights": np.zeros([1, 1, 1024, 7], np.float32),
        "MobilenetV3/Logits/Conv2d_1c_1x1/biases": np.zeros([7], np.float32),
    }
    message = refusal(values_of(NETWORK, **logits), task="classification")
    assert "should be [1001], is [7]" in message
    assert "pass `num_classes=7`." in message


def test_another_feature_depth_is_advised(refusal):
    features = {
        "MobilenetV3/Conv_2/weights": np.zeros([1, 1, 576, 64], np.float32),
        "MobilenetV3/Conv_2/biases": np.zeros([64], np.float32),
    }
    assert "pass `feature_depth=64`." in refusal(values_of(NETWORK, **features))


def test_several_widths_are_advised_together(refusal):
    other = {
        "MobilenetV3/Conv_2/weights": np.zeros([1, 1, 576, 64], np.float32),
        "MobilenetV3/Conv_2/biases": np.zeros([64], np.float32),
        "MobilenetV3/Logits/Conv2d_1c_1x1/weights": np.zeros([1, 1, 64, 7], np.float32),
        "MobilenetV3/Logits/Conv2d_1c_1x1/biases": np.zeros([7], np.float32),
    }
    message = refusal(values_of(NETWORK, **other), task="classification")
    assert "pass `num_classes=7` and `feature_depth=64`." in message


def test_both_sides_of_a_renamed_variable_are_shown(refusal):
    values = values_of(NETWORK)
    values["MobilenetV3/first/weights"] = values.pop("MobilenetV3/Conv/weights")
    message = refusal(values)
    assert "expected, but not in the checkpoint: MobilenetV3/Conv/weights" in message
    assert "in the checkpoint, but not expected: MobilenetV3/first/weights" in message


NORM = "MobilenetV3/Conv/BatchNorm/"


def test_missing_statistics_are_named(refusal):
    trained = {name: value for name, value in values_of(NETWORK).items() if "/moving_" not in name}
    message = refusal(trained)
    assert "Only the moving statistics of batch norms are missing, 68 of them" in message
    assert "use a checkpoint of all global variables" in message
    # One that lacks something else as well is another matter.
    del trained[f"{NORM}beta"]
    assert "Only the moving statistics" not in refusal(trained)


def test_biases_in_place_of_batch_norms_are_named(refusal):
    values = values_of(NETWORK)
    of_norm = [name for name in values if name.startswith(NORM)]
    folded = {name: value for name, value in values.items() if name not in of_norm}
    message = refusal(folded | {"MobilenetV3/Conv/biases": np.zeros([16], np.float32)})
    assert "biases instead of the batch norms of MobilenetV3/Conv:" in message
    assert "biases instead" not in refusal(folded)


@pytest.mark.parametrize("task", ["feature_vector", "classification"])
def test_another_number_of_channels_is_named(refusal, task):
    six = {"MobilenetV3/Conv/weights": np.zeros([3, 3, 6, 16], np.float32)}
    message = refusal(values_of(NETWORK, **six), task=task)
    assert "takes images of 6 channels" in message
    assert "num_classes" not in message


def test_channels_are_not_taken_for_as_many_classes(refusal):
    """Where the classes are as many as colors, the advice was to give the channels as classes."""
    logits = {
        "MobilenetV3/Logits/Conv2d_1c_1x1/weights": np.zeros([1, 1, 1024, 3], np.float32),
        "MobilenetV3/Logits/Conv2d_1c_1x1/biases": np.zeros([3], np.float32),
        "MobilenetV3/Conv/weights": np.zeros([3, 3, 6, 16], np.float32),
    }
    message = refusal(values_of(NETWORK, **logits), task="classification", num_classes=3)
    assert "takes images of 6 channels" in message


@pytest.mark.parametrize("task", ["feature_vector", "classification"])
def test_a_backbone_is_named(refusal, task):
    names = list(stored.variables(NETWORK))
    ends = names.index("MobilenetV3/Conv_1/weights")
    values = values_of(NETWORK)
    message = refusal({name: values[name] for name in names[:ends]}, task=task)
    assert "the network up to MobilenetV3/expanded_conv_10/project, and nothing from" in message
    assert "nothing from MobilenetV3/Conv_1 on: it is a backbone" in message
    # A hole in the middle is none.
    holed = [name for name in names if "/expanded_conv_3/" not in name]
    assert "backbone" not in refusal({name: values[name] for name in holed}, task=task)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.full([16], np.nan, np.float32), "16 of 16 values that are NaN or infinite"),
        (np.array([np.inf] + [0] * 15, np.float32), "1 of 16 values that are NaN or infinite"),
        (np.zeros([16], np.int32), "is int32, not a float"),
        (np.full([16], 1e300), "16 of 16 values that are NaN or infinite"),
        (np.full([16], -1, np.float32), "is a variance with negative values"),
    ],
)
def test_unsound_values_are_refused_by_name(refusal, value, message):
    name = "MobilenetV3/Conv/BatchNorm/moving_variance"
    refused = refusal(values_of(NETWORK, **{name: value}))
    assert name in refused
    assert message in refused


def test_statistics_that_never_moved_are_a_warning(tmp_path):
    network = "mobilenet_v1_025_128"
    still = {
        name: np.full_like(value, "variance" in name) if "/moving_" in name else value
        for name, value in values_of(network).items()
    }
    said = {}
    moved = "MobilenetV1/Conv2d_3_depthwise/BatchNorm/moving_mean"
    for case, values in ("still", still), ("moved", still | {moved: still[moved] + 1e-3}):
        (tmp_path / case).mkdir()
        write_checkpoint(tmp_path / case / "model.ckpt-1", values)
        request = export.Request(
            network, str(tmp_path / case), str(tmp_path / f"{case}-out"), proof="none"
        )
        said[case] = export.export(request).filled
    assert said["still"][-1].startswith("warning: the moving statistics never changed")
    assert not [line for line in said["moved"] if "warning" in line]


def test_other_floats_are_cast_and_proved(tmp_path):
    """The proof restores them in another way, by TensorFlow's operations."""
    dtypes = {
        "MobilenetV1/Conv2d_0/weights": np.float64,
        "MobilenetV1/Conv2d_1_pointwise/weights": np.float16,
        "MobilenetV1/Conv2d_2_pointwise/weights": ml_dtypes.bfloat16,
    }
    values = values_of("mobilenet_v1_025_128")
    values |= {name: values[name].astype(dtype) for name, dtype in dtypes.items()}
    write_checkpoint(tmp_path / "model.ckpt-1", values)
    prefix, target = str(tmp_path / "model.ckpt-1"), str(tmp_path / "artifact")
    request = export.Request("mobilenet_v1_025_128", prefix, target, proof="quick")
    result = export.export(request)
    assert result.record.variables.cast == {"bfloat16": 1, "float16": 1, "float64": 1}
    assert "1 cast from float64 to float32, which loses precision" in result.filled


def test_batch_norms_without_gamma_are_told(refusal):
    values = {n: v for n, v in values_of(NETWORK).items() if not n.endswith("/gamma")}
    assert "The batch norms of the checkpoint have no gamma, but the network's" in refusal(values)


@pytest.mark.parametrize("prefix", ["", "vgg/"])
def test_mean_colors_beside_another_scaling_are_warned_of(tmp_path, prefix):
    values = values_of(NETWORK) | {f"{prefix}mean_rgb": np.float32([123.68, 116.78, 103.94])}
    write_checkpoint(tmp_path / "model.ckpt-1", values)
    request = export.Request(NETWORK, str(tmp_path), str(tmp_path / "artifact"), proof="none")
    (said,) = [line for line in export.export(request).filled if "warning" in line]
    assert said.startswith(
        f"warning: the checkpoint holds mean colors, {prefix}mean_rgb, like networks"
    )
    assert "take images as x * 255 minus the mean" in said
    assert "this network takes them as x * 2 - 1, in [-1, 1]" in said
