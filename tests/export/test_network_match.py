"""Which network a checkpoint is of."""

import re

import pytest

from slimhub import checkpoints, export, nets
from slimhub.export import network_match, tie_break
from slimhub.nets.catalogue import stored
from tests.conftest import write_checkpoint
from tests.fixtures import support


@pytest.fixture
def resolve(tmp_path):
    """Writes a checkpoint with tensors of some shapes, and asks for its network."""

    def run(shapes, name="model.ckpt-1", **options):
        prefix = tmp_path / name
        write_checkpoint(prefix, {n: support.synthetic_value(n, s) for n, s in shapes.items()})
        request = export.Request("auto", str(prefix), str(tmp_path / "artifact"), **options)
        with checkpoints.open(str(prefix)) as checkpoint:
            found = network_match.resolve(request, checkpoint)
            return found.request, network_match.matches(checkpoint), found.ground

    return run


def with_classes(network, count):
    """A network's table of variables, with logits of another width."""
    head = nets.get(network).head
    return {
        name: (*shape[:-1], count) if re.search(head, name) else shape
        for name, shape in stored.variables(network).items()
    }


def test_the_network_that_fits_is_taken(resolve):
    request, matches, reason = resolve(stored.variables("mobilenet_v3_small_075_224"))
    assert reason == "the only registered network that the checkpoint fits"
    assert request.network == "mobilenet_v3_small_075_224"
    assert request.options.num_classes is None
    assert [str(match) for match in matches] == [
        "mobilenet_v3_small_075_224, with 1001 classes; depth multiplier 0.75"
    ]


def test_other_classes_are_taken_over(resolve):
    shapes = with_classes("mobilenet_v3_small_075_224", 7)
    request, _, reason = resolve(shapes, task="classification")
    assert request.options.num_classes == 7
    assert reason.endswith("do not store the size: set another one with `image_size`")
    assert "are assumed" not in resolve(shapes, task="classification", image_size=128)[2]
    assert resolve(shapes)[0].options.num_classes is None


def test_the_number_of_classes_decides(resolve):
    assert resolve(stored.variables("resnet_v1_50"))[0].network == "resnet_v1_50"
    request, _, reason = resolve(stored.variables("resnet_v1_50_caffe"))
    assert request.network == "resnet_v1_50_caffe"
    # It might be one's own with 1000 classes, and nothing but its owner knows.
    assert reason == (
        "chosen for its 1000 classes; the variables also match resnet_v1_50, which takes "
        "images as x * 2 - 1, in [-1, 1]: name the network if yours does"
    )
    with pytest.raises(export.RequestError) as refusal:
        resolve(with_classes("resnet_v1_50", 5))
    message = str(refusal.value)
    assert "several networks: resnet_v1_50, resnet_v1_50_caffe" in message
    assert "resnet_v1_50 takes images as x * 2 - 1, in [-1, 1]; resnet_v1_50_caffe takes" in message


def test_mean_colors_in_the_checkpoint_decide(resolve):
    request, _, reason = resolve(with_classes("resnet_v1_50", 5) | {"mean_rgb": (3,)})
    assert request.network == "resnet_v1_50_caffe"
    assert reason.startswith("chosen for the mean colors in the checkpoint")


def test_the_size_decides(resolve):
    shapes = stored.variables("mobilenet_v2_035_96")
    request, _, reason = resolve(shapes, image_size=128)
    assert request.network == "mobilenet_v2_035_128"
    assert "the variables also match mobilenet_v2_035_224, mobilenet_v2_035_192" in reason
    assert reason.startswith("chosen for the image size that was given")


@pytest.mark.parametrize("name", ["mobilenet_v2_0.35_160.ckpt-96", "net_160/model.ckpt-7"])
def test_the_size_in_the_name_decides(resolve, tmp_path, name):
    (tmp_path / "net_160").mkdir()
    shapes = stored.variables("mobilenet_v2_035_96")
    request, _, reason = resolve(shapes, name)
    assert request.network == "mobilenet_v2_035_160"
    assert reason.startswith("chosen for the size in the name of its source")
    # What is asked for goes before names.
    assert resolve(shapes, name, image_size=128)[0].network == "mobilenet_v2_035_128"


def test_without_any_ground_the_usual_size_is_taken(resolve):
    request, _, reason = resolve(stored.variables("mobilenet_v2_035_96"))
    assert request.network == "mobilenet_v2_035_224"
    assert reason.startswith("chosen for the usual image size of 224; the variables also match")
    assert "mobilenet_v2_035_96" in reason


def test_only_what_is_left_is_listed(resolve):
    with pytest.raises(export.RequestError) as refusal:
        resolve(stored.variables("mobilenet_v2_035_96"), "net_160_or_192.ckpt-3")
    message = str(refusal.value)
    assert "several networks: mobilenet_v2_035_192, mobilenet_v2_035_160. Name" in message
    assert "only their image size differs (160, 192)" in message


def test_where_sizes_are_all_that_is_left_they_are_listed():
    fits = [nets.Fit(f"mobilenet_v2_035_{size}", 9, 9, 9, 1001) for size in (160, 96)]
    said = "pass `image_size`: only their image size differs (96, 160)"
    assert said in tie_break.differences(fits)


def test_what_is_left_over_is_named(resolve):
    shapes = stored.variables("inception_v3")
    more = {"InceptionV3/AuxLogits/Conv2d_1b_1x1/weights": (1, 1, 768, 128), "mine/w": (2,)}
    _, matches, _ = resolve(shapes | more | {"global_step": ()})
    assert str(matches[0]) == (
        "inception_v3, with 1001 classes; depth multiplier 1; 1 left over as expected, from the "
        "auxiliary head; 1 left over: mine/w"
    )


def test_averages_alone_are_variables(resolve):
    shapes = stored.variables("mobilenet_v3_small_075_224")
    shadows = {f"{name}/ExponentialMovingAverage": shape for name, shape in shapes.items()}
    assert resolve(shadows)[0].network == "mobilenet_v3_small_075_224"
    # Statistics are often not averaged.
    mixed = {n.removesuffix("/ExponentialMovingAverage") if "moving" in n else n: s
             for n, s in shadows.items()}  # fmt: skip
    _, matches, _ = resolve(mixed)
    assert (matches[0].fit.is_whole, matches[0].left_over) == (True, ())


def test_logits_that_do_not_agree_are_none(resolve):
    shapes = stored.variables("mobilenet_v3_small_075_224")
    scope = "MobilenetV3/Logits/Conv2d_1c_1x1"
    for odd in ({f"{scope}/biases": (7,)}, {f"{scope}/biases": (), f"{scope}/weights": ()}):
        _, matches, _ = resolve(shapes | odd)
        assert matches[0].fit.num_classes is None


def test_where_none_fits_the_closest_is_named(resolve):
    shapes = stored.variables("mobilenet_v3_small_075_224")
    shapes = {name: shape for name, shape in shapes.items() if name != "MobilenetV3/Conv_1/weights"}
    shapes["MobilenetV3/Conv/weights"] = (3, 3, 1, 16)
    with pytest.raises(checkpoints.CheckpointError) as refusal:
        resolve(shapes)
    message = str(refusal.value)
    assert "does not fit any registered network" in message
    assert "mobilenet_v3_small_075_224 is the closest match" in message
    assert "missing: MobilenetV3/Conv_1/weights" in message
    assert "MobilenetV3/Conv/weights is [3, 3, 1, 16], expected [3, 3, 3, 16]" in message


def test_what_is_no_network_at_all_is_refused(resolve):
    with pytest.raises(checkpoints.CheckpointError, match="was it made with TF-Slim"):
        resolve({"dense/kernel": (3, 4)})


@pytest.mark.parametrize("prefix", ["FeatureExtractor/", "tower_0/", "a/b/"])
def test_a_network_below_a_prefix_is_found(resolve, prefix):
    shapes = stored.variables("mobilenet_v3_small_075_224")
    request, _, reason = resolve({prefix + name: shape for name, shape in shapes.items()})
    assert (request.network, request.scope) == ("mobilenet_v3_small_075_224", prefix)
    assert reason.startswith(f"found in the scope {prefix}; the only registered network")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            ["conv0/weights", "mixed_35x35x256a/branch1x1/Conv/weights"],
            "the 2016 code in `models/ince",
        ),
        (["dense/kernel"], "None of its tensors is named like a variable of one"),
        (["MobilenetV3/Conv/weights"], "No network has most of its variables there"),
    ],
)
def test_foreign_names_are_told_apart(resolve, names, sentence):
    with pytest.raises(checkpoints.CheckpointError) as refusal:
        resolve(dict.fromkeys(names, (3,)))
    assert sentence in str(refusal.value)
    assert "closest" not in str(refusal.value)


def test_networks_that_differ_in_size_alone_share_a_line(resolve):
    _, matches, _ = resolve(stored.variables("mobilenet_v1_025_128"), image_size=128)
    assert network_match.render(matches) == [
        "mobilenet_v1_025_{224,192,160,128}, with 1001 classes; depth multiplier 0.25"
    ]
    _, matches, _ = resolve(stored.variables("resnet_v1_50"))
    assert network_match.render(matches) == [str(match) for match in matches]


def test_options_that_change_shapes_are_those_of_the_network(resolve):
    shapes = stored.variables("lenet") | {"LeNet/fc3/weights": (4096, 1024)}
    with pytest.raises(checkpoints.CheckpointError) as refused:
        resolve(shapes)
    assert str(refused.value).endswith("pass them: `feature_depth`, `image_size`.")
    assert stored.shaping_options("nasnet_cifar") == ("feature_depth",)
    assert stored.shaping_options("mobilenet_v1_025_128") == ("depth_multiplier", "feature_depth")
