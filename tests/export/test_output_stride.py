"""Networks with dilated kernels in place of strides, as in semantic segmentation."""

import dataclasses

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
import tf_slim as slim
from tensorflow.core.protobuf import saved_model_pb2
from tf_slim.nets import resnet_v1

from slimhub import export, nets
from slimhub.export.verify import foreign_operations
from slimhub.export.verify.original import map_sizes
from slimhub.export.verify.original.comparison import Difference
from slimhub.export.verify.proof import ORIGINAL_GRAPH
from slimhub.export.verify.reference.source_network import as_written
from slimhub.nets import NetworkOptions
from slimhub.nets.layers.dilation import Strides
from tests.fixtures import plain_mobilenet, support

NETWORK = plain_mobilenet.NETWORK
IMAGES = np.random.RandomState(0).randint(0, 256, (2, 32, 32, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def dilated(tmp_path_factory):
    """A checkpoint of output stride 8 with its graph, and its features."""
    folder = tmp_path_factory.mktemp("dilated")
    return folder, plain_mobilenet.write(folder / "model.ckpt-1", IMAGES, output_stride=8)


def request(folder, **options):
    return export.Request(NETWORK, str(folder), str(folder / "artifact"), image_size=32, **options)


@pytest.fixture(scope="module")
def made(dilated):
    return export.export(request(dilated[0], output_stride=8, proof="quick"))


def test_a_dilated_network_answers_like_plain_operations(dilated, made):
    loaded = tf.saved_model.load_v2(str(made.output))
    found = loaded((IMAGES / np.float32(255)).astype(np.float32)).numpy()
    assert support.relative_difference(found, dilated[1]) < 1e-5
    (check,) = [check for check in made.proof.checks if check.name == ORIGINAL_GRAPH]
    assert check.outcome == "passed"
    assert not made.proof.failed
    content = (made.output / "saved_model.pb").read_bytes()
    assert foreign_operations.find(saved_model_pb2.SavedModel.FromString(content)) == []


def test_its_figures_are_those_of_the_larger_maps(made):
    shapes = made.record.figures.endpoints
    assert shapes["MobilenetV1/Conv2d_13_pointwise"] == (4, 4, 256)
    kernels = {n: s for n, s in nets.stored_variables(NETWORK).items() if n.endswith("weights")}
    macs = 0
    for name, (height, width, _, outputs) in kernels.items():
        layer = name.rpartition("/")[0]
        if layer in shapes:
            inputs = kernels[name][2]
            macs += np.prod(shapes[layer][:2]) * height * width * inputs * outputs
    assert made.record.figures.macs == macs


def test_record_states_it(made):
    options = NetworkOptions.of_record(made.record.network.settings())
    assert options.output_stride == made.record.network.output_stride == 8


def test_the_original_graph_names_the_option():
    weights = {"first": (3, 3, 3, 8), "map": (1, 1, 8, 8), "pooled": (1, 1, 8, 8)}
    theirs = {"first": (1, 64, 64, 3), "map": (1, 8, 8, 8), "pooled": (1, 1, 1, 8)}
    numbers = {key: Difference(np.zeros(shape), np.zeros(1), 1, 1) for key, shape in theirs.items()}
    spec = nets.get(NETWORK).customized(image_size=64)
    said = map_sizes.remedy(spec, numbers, weights)
    assert said == "; its maps are those of `output_stride=8`"
    assert map_sizes.remedy(spec.customized(output_stride=8), numbers, weights) == ""
    assert map_sizes.remedy(nets.get("inception_v1"), numbers, weights) == ""
    odd = nets.get("resnet_v2_50").customized(image_size=65)  # 65, 33, 17, 9
    wide = {
        name: dataclasses.replace(n, theirs=np.zeros([1, 9, 9, 1])) for name, n in numbers.items()
    }
    assert map_sizes.remedy(odd, wide, weights) == "; its maps are those of `output_stride=8`"


def fed(size):
    images = support.images(2, size)
    return images, tf.constant(images * 2 - 1)


def normalized(net, epsilon):
    """Batch norm with the moving statistics, in the scope that TF-Slim gives it."""
    depth = int(net.shape[-1])
    with tf.variable_scope("BatchNorm"):
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        scope = tf.get_variable_scope().name
        gamma, beta, mean, variance = (
            tf.constant(support.synthetic_value(f"{scope}/{name}", (depth,))) for name in names
        )
    return tf.nn.batch_normalization(net, mean, variance, beta, gamma, epsilon)


def test_resnets_are_those_of_tf_slim():
    units, output_stride = (1, 2, 2, 1), 8
    spec = dataclasses.replace(nets.get("resnet_v1_50"), definition=units, image_size=32)
    spec = spec.customized(output_stride=output_stride)
    with tf.Graph().as_default(), tf.Session(config=as_written()) as session:
        images, scaled = fed(32)
        widths = zip((64, 128, 256, 512), units, (2, 2, 2, 1), strict=True)
        blocks = [
            resnet_v1.resnet_v1_block(f"block{i}", base_depth=width, num_units=count, stride=stride)
            for i, (width, count, stride) in enumerate(widths, 1)
        ]
        with (
            slim.arg_scope([slim.conv2d], normalizer_fn=lambda net: normalized(net, 1e-5)),
            slim.arg_scope([slim.max_pool2d], padding="SAME"),
        ):
            output, _ = resnet_v1.resnet_v1(
                scaled, blocks, output_stride=output_stride, global_pool=True, scope=spec.scope
            )
        for variable in tf.global_variables():
            shape = tuple(variable.shape.as_list())
            variable.load(support.synthetic_value(variable.op.name, shape), session)
        wanted = session.run(output)[:, 0, 0]
    network = support.SourceNetwork(spec, None)
    last = "block4/unit_1/bottleneck_v1"
    found, map_ = network.run([network.feature, network.endpoints[last]], images)
    assert map_.shape[1:3] == (4, 4)
    assert support.relative_difference(found, wanted) < 1e-5


def plain_v2(net, spec, output_stride):
    """MobileNet V2 in plain operations, from the table of the paper."""

    def convolved(net, scope, name, shape, stride=1, rate=1, activation=tf.nn.relu6):
        weights = support.synthetic_value(f"{scope}/{name}", shape)
        layer = tf.nn.depthwise_conv2d if name[0] == "d" else tf.nn.conv2d
        net = layer(net, weights, [1, stride, stride, 1], "SAME", dilations=[rate, rate])
        with tf.variable_scope(scope, auxiliary_name_scope=False):
            return activation(normalized(net, 0.001))

    stages = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
              (6, 160, 3, 2), (6, 320, 1, 1))  # fmt: skip
    net = convolved(net, f"{spec.scope}/Conv", "weights", (3, 3, 3, 32), stride=2)
    reached, rate, number = 2, 1, 0
    for expansion, width, count, first in stages:
        for stride in [first] + [1] * (count - 1):
            used, inputs, scope = (
                1,
                net,
                f"{spec.scope}/expanded_conv" + f"_{number}" * (number > 0),
            )
            if reached == output_stride:
                used, rate, stride = rate, rate * stride, 1
            reached *= stride
            depth = int(net.shape[-1])
            if expansion > 1:
                shape = (1, 1, depth, expansion * depth)
                net = convolved(net, f"{scope}/expand", "weights", shape)
            shape = (3, 3, expansion * depth, 1)
            net = convolved(net, f"{scope}/depthwise", "depthwise_weights", shape, stride, used)
            shape = (1, 1, expansion * depth, width)
            net = convolved(net, f"{scope}/project", "weights", shape, activation=tf.identity)
            net = net + inputs if stride == 1 and depth == width else net
            number += 1
    net = convolved(net, f"{spec.scope}/Conv_1", "weights", (1, 1, 320, 1280))
    return tf.reduce_mean(net, [1, 2])


def test_mobilenet_v2_is_that_of_plain_operations():
    spec = nets.get("mobilenet_v2_100_96").customized(image_size=32, output_stride=8)
    with tf.Graph().as_default(), tf.Session(config=as_written()) as session:
        images, scaled = fed(32)
        wanted = session.run(plain_v2(scaled, spec, 8))
    network = support.SourceNetwork(spec, None)
    found, map_ = network.run([network.feature, network.endpoints["layer_18"]], images)
    assert map_.shape == (2, 4, 4, 320)
    assert support.relative_difference(found, wanted) < 1e-5


def test_strides_are_kept_up_to_the_output_stride():
    strides = Strides(8)
    assert [strides.of(s) for s in (2, 1, 2, 2, 1, 2, 1, 2, 1)] == [
        (2, 1), (1, 1), (2, 1), (2, 1), (1, 1), (1, 1), (1, 2), (1, 2), (1, 4)
    ]  # fmt: skip
    own = Strides(None)
    assert [own.of(s) for s in (2, 2, 2, 2, 2)] == [(2, 1)] * 5


@pytest.mark.parametrize(
    ("network", "stride", "said"),
    [
        ("vgg_16", 16, "`output_stride` does not apply to vgg_16: only MobileNet V1 to V3"),
        ("mobilenet_edgetpu_100_224", 16, "does not apply to mobilenet_edgetpu_100_224"),
        (NETWORK, 12, "`output_stride` must be 8, 16 or 32, not 12"),
        (NETWORK, 64, "`output_stride` must be between 8 and 32, not 64"),
    ],
)
def test_strides_that_a_network_cannot_have_are_refused(network, stride, said):
    with pytest.raises(nets.NetworkError) as refused:
        nets.get(network).customized(output_stride=stride)
    assert said in str(refused.value)
