"""Networks that were trained with other images or other batch norms than the public ones."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from slimhub import checkpoints, export, nets
from slimhub.export import misfits, trained_options
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
