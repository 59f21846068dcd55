"""Networks that take images of other channels, or images that are not square."""

import json

import numpy as np
import pytest
import tensorflow as tf

from slimhub import checkpoints, export, nets
from slimhub.export import trained_options
from slimhub.export.verify.checks import contract
from slimhub.export.verify.proof import ORIGINAL_GRAPH
from slimhub.export.verify.reference.artifact import Artifact
from slimhub.export.verify.subject import from_record
from slimhub.nets import NetworkOptions, size_notation
from slimhub.publish import Handle
from slimhub.publish.pages import page
from tests.fixtures import plain_mobilenet, support

NETWORK = plain_mobilenet.NETWORK


def pixels(*shape):
    return np.random.RandomState(0).randint(0, 256, (2, *shape)).astype(np.uint8)


@pytest.fixture(scope="module")
def four_channels(tmp_path_factory):
    """A network of four channels and images of 32 by 48 pixels, its export and its features."""
    folder = tmp_path_factory.mktemp("channels")
    images = pixels(32, 48, 4)
    wanted = plain_mobilenet.write(folder / "model.ckpt-1", images)
    request = export.Request(
        "auto", str(folder), str(folder / "artifact"), image_size="32x48", proof="full"
    )
    return export.export(request), images, wanted


def test_channels_are_found_and_proved_with_the_original_graph(four_channels):
    made, _, _ = four_channels
    assert "its shapes are those of `channels=4`" in made.network_choice
    (check,) = [check for check in made.proof.checks if check.name == ORIGINAL_GRAPH]
    assert check.outcome == "passed"
    assert "scales images like the network" in check.detail
    assert not made.proof.failed


def test_the_answer_is_that_of_plain_operations(four_channels):
    made, images, wanted = four_channels
    loaded = tf.saved_model.load(str(made.output))
    found = loaded((images / np.float32(255)).astype(np.float32)).numpy()
    assert support.relative_difference(found, wanted) < 1e-5
    assert list(loaded.signatures) == ["serving_default"]  # no file of images has four channels


def test_record_and_page_state_the_shape(four_channels):
    made, _, _ = four_channels
    network = made.record.network
    assert (network.image_size, network.channels) == ((32, 48), 4)
    stored = json.loads((made.output / export.record.PATH).read_text("utf-8"))
    assert (stored["network"]["image_size"], stored["network"]["channels"]) == ([32, 48], 4)
    options = NetworkOptions.of_record(network.settings())
    assert (options.image_size, options.channels) == ("32x48", 4)
    assert "--image_size=32x48 --channels=4" in made.record.command
    text = page.render(made.record, Handle.parse("me/net/feature_vector/1"))
    assert "image size 32x48 in place of 224; image channels 4 in place of 3" in text
    assert "`[batch, height, width, 4]`, 4 channels with values" in text
    assert "np.random.uniform(size=[16, 32, 48, 4])" in text
    assert "serving_encoded_images" not in text


def test_files_are_decoded_to_gray(tmp_path):
    images = pixels(32, 32, 1)
    wanted = plain_mobilenet.write(tmp_path / "gray.ckpt-1", images)
    request = export.Request(
        "auto", str(tmp_path), str(tmp_path / "artifact"), image_size=32, proof="none"
    )
    made = export.export(request)
    assert made.record.network.channels == 1
    checks = contract.check(Artifact(made.output), from_record(made.record))
    assert [check.line() for check in checks if check.outcome != "passed"] == []
    assert "encoded images" in [check.name for check in checks]
    loaded = tf.saved_model.load(str(made.output))
    files = [tf.io.encode_png(image) for image in (*images, np.repeat(images[1], 3, axis=-1))]
    (found,) = loaded.signatures["serving_encoded_images"](encoded=tf.stack(files)).values()
    assert support.relative_difference(found[:2], wanted) < 1e-5
    assert np.array_equal(found[1], found[2])  # gray pixels in a file of colors


@pytest.mark.parametrize("network", ["mobilenet_v2_035_96", "inception_v2", "resnet_v2_50"])
def test_channels_are_found_with_the_classes(network):
    shapes = dict(nets.stored_variables(network))
    for name, shape in shapes.items():
        if len(shape) == 4 and (shape[2] == 3 or shape == (1, 1, 24, 64)):
            shapes[name] = (*shape[:2], shape[2] // 3 * 5, shape[3])
    fits, options = trained_options.find(shapes, NetworkOptions())
    assert network in [fit.network for fit in fits]
    assert options.given() == {"channels": 5}
    assert trained_options.find(shapes, NetworkOptions(channels=4)) is None


def test_networks_of_gray_images_are_found_with_colors():
    shapes = nets.stored_variables("lenet") | {"LeNet/conv1/weights": (5, 5, 3, 32)}
    fits, options = trained_options.find(shapes, NetworkOptions())
    assert [fit.network for fit in fits] == ["lenet"]
    assert options.given() == {"channels": 3}


@pytest.mark.parametrize(
    ("network", "options", "said"),
    [
        ("vgg_16", {"channels": 1}, "`input_scaling=mean_rgb`, which is that of vgg_16, subtracts"),
        (
            NETWORK,
            {"channels": 4, "input_scaling": "mean_bgr"},
            "`input_scaling=mean_bgr` subtracts",
        ),
        ("lenet", {"input_scaling": "mean_rgb"}, "but images have 1 channel: give the"),
        (NETWORK, {"channels": 17}, "`channels` must be between 1 and 16, not 17"),
        (NETWORK, {"image_size": 31}, "`image_size` must be between 32 and 4096, not 31"),
        (
            NETWORK,
            {"image_size": "4096x1"},
            "the width in `image_size=4096x1` must be between 32 and 4096, not 1",
        ),
        (NETWORK, {"image_size": "64"}, "'64' is neither a whole number nor HEIGHTxWIDTH"),
        (NETWORK, {"image_size": 4096, "channels": 5}, "are too large: at most 50,331,648"),
    ],
)
def test_shapes_that_a_network_cannot_have_are_refused(network, options, said):
    with pytest.raises(nets.NetworkError) as refused:
        nets.get(network).customized(**options)
    assert said in str(refused.value)


def test_mean_colors_are_left_out_with_another_scaling():
    spec = nets.get("vgg_16").customized(channels=1, input_scaling="unit")
    assert spec.image_shape == (224, 224, 1)


def test_the_checkpoint_of_other_channels_names_the_option(four_channels, tmp_path):
    made, _, _ = four_channels
    request = export.Request(NETWORK, str(made.output.parent), str(tmp_path / "a"))
    with pytest.raises(
        checkpoints.CheckpointError, match=r"of 4 channels, but .*: pass `channels=4`"
    ):
        export.export(request)


def test_sizes_are_read_as_they_are_spelled():
    for text, size in {"224": 224, "96x160": (96, 160), "96x96": 96}.items():
        assert size_notation.read_size(size_notation.parse_size(text)) == size
        value = size_notation.of_sides(*size_notation.sides(size))
        assert value == size_notation.parse_size(text)
    for text in ("", "x", "96x", "1x2x3", "-5", "9.5", "96 x 160"):
        with pytest.raises(ValueError, match="HEIGHTxWIDTH"):
            size_notation.parse_size(text)
