"""Networks that were trained with other images or other batch norms than the public ones."""

import numpy as np
import pytest
import tensorflow as tf
import tf_slim as slim
from tensorflow.core.protobuf import saved_model_pb2
from tf_slim.nets import inception

from slimhub import checkpoints, export, nets
from slimhub.export import misfits, record_draft, trained_options
from slimhub.nets import NetworkOptions
from slimhub.nets.catalogue import stored
from tests.conftest import write_checkpoint
from tests.fixtures import support

NETWORK = "mobilenet_v1_025_128"
MEAN = np.float64([123.68, 116.78, 103.94])


def export_it(checkpoint, folder, network=NETWORK, **options):
    options.setdefault("proof", "none")
    request = export.Request(network, str(checkpoint), str(folder / "artifact"), **options)
    return export.export(request)


def test_mean_colors_are_subtracted(artifact, synthetic_checkpoint, tmp_path):
    made = export_it(
        synthetic_checkpoint(NETWORK), tmp_path, input_scaling="mean_rgb", proof="quick"
    )
    assert made.record.network.input_scaling.startswith("x * 255 minus the mean")
    images = support.images(2, 128)
    found = tf.saved_model.load(str(made.output))(images).numpy()
    # The same network takes x * 2 - 1: with these images it sees the same numbers.
    usual = artifact(NETWORK).load()
    wanted = usual(((images * 255 - MEAN + 1) / 2).astype(np.float32)).numpy()
    # The images are rounded differently, relative to values of up to 150.
    assert support.relative_difference(found, wanted) < 1e-5
    assert support.relative_difference(found, usual(images).numpy()) > 0.1


@pytest.fixture(scope="module")
def without_gammas(tmp_path_factory):
    shapes = stored.variables(NETWORK)
    values = {n: support.synthetic_value(n, s) for n, s in shapes.items()}
    plain = {n: np.ones_like(v) if n.endswith("/gamma") else v for n, v in values.items()}
    folder = tmp_path_factory.mktemp("gammas")
    write_checkpoint(folder / "ones.ckpt-1", plain)
    write_checkpoint(
        folder / "none.ckpt-1", {n: v for n, v in plain.items() if not n.endswith("/gamma")}
    )
    return folder


def test_norms_without_gammas_are_found(without_gammas, tmp_path):
    made = export_it(without_gammas / "none.ckpt-1", tmp_path, "auto", image_size=128)
    assert "`batch_norm_scale=no`" in made.network_choice
    assert made.record.network.batch_norm_scale is False
    images = support.images(2, 128)
    (tmp_path / "ones").mkdir()
    ones = export_it(without_gammas / "ones.ckpt-1", tmp_path / "ones")
    found, wanted = (tf.saved_model.load(str(one.output))(images).numpy() for one in (made, ones))
    assert support.relative_difference(found, wanted) < 1e-6  # a gamma of 1 is a factor of 1


def test_a_network_with_gammas_names_the_option(without_gammas, tmp_path):
    with pytest.raises(checkpoints.CheckpointError, match="Pass `batch_norm_scale=no`"):
        export_it(without_gammas / "none.ckpt-1", tmp_path)


def test_gammas_of_networks_that_have_none_are_found():
    shapes = dict(nets.stored_variables("inception_v1"))
    betas = [name for name in shapes if name.endswith("/BatchNorm/beta")]
    shapes |= {name.removesuffix("beta") + "gamma": shapes[name] for name in betas}
    fits, options = trained_options.without_usual_gammas(shapes)
    assert [fit.network for fit in fits] == ["inception_v1"]
    assert options.given() == {"batch_norm_scale": "yes"}
    assert trained_options.without_usual_gammas(nets.stored_variables("inception_v1")) is None


def test_every_norm_has_the_epsilon(synthetic_checkpoint, tmp_path):
    made = export_it(synthetic_checkpoint(NETWORK), tmp_path, batch_norm_epsilon=0.01)
    content = (made.output / "saved_model.pb").read_bytes()
    graphs = saved_model_pb2.SavedModel.FromString(content).meta_graphs[0].graph_def
    nodes = [node for function in graphs.library.function for node in function.node_def]
    norms = [node for node in nodes if node.op == "FusedBatchNormV3"]
    assert len(norms) >= 2 * 27  # one for each layer, in inference and in training
    assert {round(node.attr["epsilon"].f, 6) for node in norms} == {0.01}


def test_left_over_gammas_name_the_option():
    shapes = nets.stored_variables("inception_v1")
    betas = [name for name in shapes if name.endswith("/BatchNorm/beta")]
    gammas = tuple(name.removesuffix("beta") + "gamma" for name in betas)
    plan = checkpoints.Plan((), (), (), {}, gammas, "none", ())
    assert misfits.explain(plan, list(shapes), {}).endswith("Pass `batch_norm_scale=yes`.")


def without_norms(network):
    """Shapes of the variables of TF-Slim's own network without its arg scope."""
    shapes = {}
    for name, shape in stored.variables(network).items():
        if name.endswith("/BatchNorm/beta"):
            shapes[name.removesuffix("BatchNorm/beta") + "biases"] = shape
        elif "/BatchNorm/" not in name:
            shapes[name] = shape
    return shapes


@pytest.mark.parametrize("network", ["inception_v1", "inception_v2", "inception_resnet_v2"])
def test_biases_in_place_of_norms_are_found(network):
    shapes = without_norms(network)
    fits, options = trained_options.find(shapes, NetworkOptions())
    assert [fit.network for fit in fits] == [network]
    assert options.given() == {"batch_norm": "no"}
    if network != "inception_v1":
        return
    first = next(iter(shapes))
    four = shapes | {first: (7, 7, 4, 64)}
    assert trained_options.find(four, NetworkOptions())[1].given() == {
        "channels": 4,
        "batch_norm": "no",
    }


def test_a_network_without_norms_is_that_of_tf_slim_without_its_arg_scope():
    spec = nets.get("inception_v1").customized(batch_norm="no", image_size=32)
    images = support.images(2, 32)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        fed = tf.compat.v1.placeholder(tf.float32, images.shape)
        net, _ = inception.inception_v1_base(fed * 2 - 1)
        found = {v.op.name: v for v in slim.get_model_variables()}
        filled = {
            v.initializer.inputs[1]: support.synthetic_value(name, tuple(v.shape))
            for name, v in found.items()
        }
        session.run([v.initializer for v in found.values()], filled)
        wanted = session.run(tf.reduce_mean(net, [1, 2]), {fed: images})
    network = support.SourceNetwork(spec, None)
    assert sorted(network.variables) == sorted(found)
    assert support.relative_difference(network.run(network.feature, images), wanted) < 1e-5


@pytest.mark.parametrize(
    ("network", "options", "said"),
    [
        (NETWORK, {"batch_norm": "no"}, "`batch_norm=no` does not apply to mobilenet_v1_025_128"),
        ("vgg_16", {"batch_norm": "yes"}, "`batch_norm=yes` does not apply to vgg_16"),
        (
            "inception_v1",
            {"batch_norm": "no", "batch_norm_epsilon": 0.1},
            "`batch_norm_epsilon` does not apply to `batch_norm=no`: leave one out",
        ),
        (
            "inception_v1",
            {"batch_norm": "no", "batch_norm_scale": "no"},
            "`batch_norm_scale` does not apply to `batch_norm=no`: leave one out",
        ),
    ],
)
def test_norms_that_a_network_cannot_do_without_are_kept(network, options, said):
    with pytest.raises(nets.NetworkError) as refused:
        nets.get(network).customized(**options)
    assert said in str(refused.value)


@pytest.mark.parametrize("network", ["inception_v1", "vgg_16"])
def test_records_of_networks_without_norms_say_nothing_of_norms(network):
    spec = nets.get(network).customized(batch_norm="no")
    options = NetworkOptions.of_record(record_draft.describe_network(spec).settings())
    assert (options.batch_norm, options.batch_norm_scale) == ("no", None)
    assert nets.get(network).customized(options) == spec


def test_biases_of_an_inception_name_the_option():
    shapes = without_norms("inception_v1")
    variables = list(stored.variables("inception_v1"))
    missing = tuple(name for name in variables if name not in shapes)
    plan = checkpoints.Plan((), missing, (), {}, (), "none", ())
    said = misfits.explain(plan, variables, shapes, norms_are_optional=True)
    assert said.endswith("Pass `batch_norm=no`.")
