"""Faults in an artifact are found, and the report names the layer or the check."""

import dataclasses
import shutil

import pytest
import tensorflow as tf

from slimhub import export, nets
from slimhub.export import verify
from slimhub.export.verify.checks import differences, gradients, inference, training
from slimhub.export.verify.checks.evidence import Evidence
from slimhub.export.verify.checks.gradients import Gradients
from slimhub.export.verify.checks.inference import Inference
from slimhub.export.verify.checks.training import Training
from slimhub.export.verify.reference.artifact import Artifact
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.export.verify.subject import Source, Subject
from slimhub.nets.catalogue import stored
from tests.conftest import write_checkpoint
from tests.fixtures import faults, support

pytestmark = pytest.mark.slow

NETWORK = "mobilenet_v3_small_075_224"
OPTIONS = {"image_size": 96}
SHADOW = "/ExponentialMovingAverage"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Raw values with averages that differ from them, as training leaves them."""
    prefix = tmp_path_factory.mktemp("faults") / "model.ckpt-3"
    values = {n: support.synthetic_value(n, s) for n, s in stored.variables(NETWORK).items()}
    shadows = {name + SHADOW: value for name, value in values.items()}
    write_checkpoint(prefix, {name: value * 1.01 for name, value in values.items()} | shadows)
    return prefix


@pytest.fixture(scope="module")
def examine(checkpoint):
    """Compares an artifact with the source, in this process: one source for all faults."""
    rewriting = tf.config.optimizer.get_experimental_options()
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    subject = Subject(NETWORK, "classification", nets.NetworkOptions(**OPTIONS))
    source = Source(str(checkpoint), "auto")
    still, moving = (SourceNetwork(subject, source, is_training=mode) for mode in (False, True))
    examiners = {
        "inference": Inference(subject, inference.ask(still, is_full=True), None),
        "gradients": Gradients(gradients.ask(still)),
        "training": Training(subject, training.ask(moving)),
        "gradients in training": Gradients(gradients.ask(moving)),
    }

    def run(folder, *parts):
        """All checks of these parts, by default of every part, by area and name."""
        evidence = Evidence(differences.SAME_KERNELS)
        artifact = Artifact(folder)
        for part in parts or examiners:
            examiners[part].examine(artifact, evidence)
        return {f"{check.area}: {check.name}": check for check in evidence.checks}

    yield run
    options = {"disable_meta_optimizer": False} | rewriting
    tf.config.optimizer.set_experimental_options(options)


def export_one(checkpoint, folder, **changes):
    request = export.Request(
        NETWORK, str(checkpoint), str(folder), task="classification", proof="none", **OPTIONS
    )
    return export.export(dataclasses.replace(request, **changes))


@pytest.fixture(scope="module")
def sound(checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound") / "artifact"
    export_one(checkpoint, folder)
    return folder


def failed(checks):
    return {name: check.detail for name, check in checks.items() if check.outcome == "failed"}


def test_a_sound_artifact_fails_nothing(examine, sound):
    checks = examine(sound)
    assert failed(checks) == {}
    assert not any(check.outcome == "not run" for check in checks.values())


VARIABLES = "variables: every variable holds the checkpoint's value"
IN_VARIABLES = [
    (
        faults.swap_beta_and_mean,
        "expanded_conv_2/project/BatchNorm/beta",
        "layer_4/output",
    ),
    (faults.transpose_kernel, "MobilenetV3/Conv/weights", "layer_1"),
    (faults.shift_logits, "MobilenetV3/Logits/Conv2d_1c_1x1/", "Logits"),
]


@pytest.mark.parametrize(("plant", "variable", "endpoint"), IN_VARIABLES)
def test_wrong_values_are_found(examine, sound, tmp_path, plant, variable, endpoint):
    folder = shutil.copytree(sound, tmp_path / "artifact")
    faults.edit_variables(folder, plant)
    found = failed(examine(folder, "inference"))
    assert variable in found[VARIABLES]
    # By the outputs alone it would be found, too, and the layer named.
    parity = found["inference: photograph"]
    assert parity.startswith(f"MobilenetV3/{endpoint} is the first of ")
    assert variable in parity
    assert "do not hold the checkpoint's values" in parity


def test_one_bit_is_found(examine, sound, tmp_path):
    folder = shutil.copytree(sound, tmp_path / "artifact")
    faults.edit_variables(folder, faults.flip_one_bit)
    found = failed(examine(folder, "inference"))
    # The last bit of one number in a million: the outputs may well round it away.
    assert "MobilenetV3/expanded_conv_4/expand/weights is the first of 1 " in found[VARIABLES]


IN_GRAPH = [
    (faults.change_epsilon, "MobilenetV3/layer_5/depthwise_output", "expanded_conv_3/depthwise/"),
    (faults.drop_the_sixth, "MobilenetV3/layer_7/expansion_output", "expanded_conv_5/expand/"),
    (faults.bypass_squeeze_excite, "MobilenetV3/layer_8/output", "expanded_conv_6/squeeze_excite"),
    (faults.scale_input_otherwise, "MobilenetV3/layer_1", "MobilenetV3/Conv/weights"),
]


@pytest.mark.parametrize(("plant", "endpoint", "variable"), IN_GRAPH)
def test_wrong_layers_are_found(examine, sound, tmp_path, plant, endpoint, variable):
    folder = shutil.copytree(sound, tmp_path / "artifact")
    faults.edit_graph(folder, plant)
    found = failed(examine(folder, "inference", "training"))
    assert VARIABLES not in found
    for check in ("inference: photograph", "training: noise, photograph"):
        assert found[check].startswith(f"{endpoint} is the first of ")
        assert variable in found[check]
        assert ", expected " in found[check]  # both values
    assert "which hold the checkpoint's values" in found["inference: photograph"]


REGULARIZATION = "contract: gradients of the regularization loss"
IN_ENDPOINTS = [
    (
        "__inference_train_",
        faults.move_statistics_faster,
        "training: train does what a call with endpoints does",
        "these differ: MobilenetV3/Conv/BatchNorm/moving_mean",
    ),
    (
        "__inference___call___",
        faults.freeze_statistics,
        "training: return_endpoints=False does what a call with endpoints does",
        "these differ: MobilenetV3/Conv/BatchNorm/moving_mean",
    ),
    (
        "__inference_regularization_loss_",
        faults.stop_gradient,
        REGULARIZATION,
        "MobilenetV3/Conv/weights has no gradient of the loss",
    ),
]


@pytest.mark.parametrize(("function", "plant", "check", "detail"), IN_ENDPOINTS)
def test_wrong_endpoints_are_found(examine, sound, tmp_path, function, plant, check, detail):
    folder = shutil.copytree(sound, tmp_path / "artifact")
    faults.edit_graph(folder, plant, (function,))
    found = failed(examine(folder))
    assert list(found) == [check]
    assert detail in found[check]


MAIN_GRAPH_READ = "contract: sessions call and restore the same"
MAIN_GRAPH_RUN = "inference: a session answers the same"
MAIN_GRAPH = [
    ("StatefulPartitionedCall", "serving_default is the first of 1 that differ"),
    ("StatefulPartitionedCall_1", "serving_encoded_images is the first of 1 that differ"),
    ("StatefulPartitionedCall_4", "serving_default is the first of 2 that differ"),  # restores
]


@pytest.mark.parametrize(("call", "detail"), MAIN_GRAPH)
def test_what_sessions_run_is_examined(examine, sound, tmp_path, call, detail):
    folder = shutil.copytree(sound, tmp_path / "artifact")
    faults.swap_in_main_graph(folder, call)
    found = failed(examine(folder, "inference"))
    # By reading, as an export's proof does, and by running it.
    assert list(found) == [MAIN_GRAPH_READ, MAIN_GRAPH_RUN]
    gamma, beta = (f"MobilenetV3/Conv/BatchNorm/{leaf}" for leaf in ("gamma", "beta"))
    assert f"takes {beta} instead of {gamma}" in found[MAIN_GRAPH_READ]
    assert detail in found[MAIN_GRAPH_RUN]


def test_a_restored_variable_in_another_place_is_found(examine, sound, tmp_path):
    folder = shutil.copytree(sound, tmp_path / "artifact")
    faults.edit_graph(folder, faults.restore_twice, ("__inference__traced_restore_",))
    found = failed(examine(folder, "inference"))
    layer = "MobilenetV3/Conv/BatchNorm"
    assert f"sessions do not restore {layer}/beta" in found[MAIN_GRAPH_READ]
    assert f"takes {layer}/beta instead of {layer}/gamma" in found[MAIN_GRAPH_READ]


IN_UPDATES = [
    (faults.invert_momentum, "MobilenetV3/Conv/BatchNorm/moving_mean is the first of 68"),
    (faults.skip_updates, "MobilenetV3/Conv_1/BatchNorm/moving_mean is the first of 2"),
]


@pytest.mark.parametrize(("plant", "detail"), IN_UPDATES)
def test_wrong_updates_are_found(examine, sound, tmp_path, plant, detail):
    folder = shutil.copytree(sound, tmp_path / "artifact")
    faults.edit_graph(folder, plant)
    found = failed(examine(folder, "inference", "training"))
    assert detail in found["training: moving statistics after noise, photograph"]
    assert not any(name.startswith("inference") for name in found)


def test_raw_values_are_found(examine, checkpoint, tmp_path):
    export_one(checkpoint, tmp_path / "artifact", averages="raw")
    found = failed(examine(tmp_path / "artifact", "inference"))
    assert "MobilenetV3/Conv/weights is the first of 210" in found[VARIABLES]
    assert found["inference: photograph"].startswith("MobilenetV3/layer_1 is the first")


def test_a_wrong_regularizer_is_found(examine, checkpoint, tmp_path, monkeypatch):
    spec = dataclasses.replace(
        Subject(NETWORK, "classification", nets.NetworkOptions(**OPTIONS)).spec(),
        regularized="weights$",
    )
    monkeypatch.setattr(export.Request, "spec", lambda request: spec)
    export_one(checkpoint, tmp_path / "artifact")
    found = failed(examine(tmp_path / "artifact"))
    assert list(found) == [REGULARIZATION, "training: regularization loss"]
    assert (
        "depthwise/depthwise_weights has a gradient of the loss, but is not"
        in found[REGULARIZATION]
    )


def test_a_wrong_dropout_is_found(examine, checkpoint, tmp_path, monkeypatch):
    spec = dataclasses.replace(
        Subject(NETWORK, "classification", nets.NetworkOptions(**OPTIONS)).spec(), dropout_keep=0.05
    )
    monkeypatch.setattr(export.Request, "spec", lambda request: spec)
    export_one(checkpoint, tmp_path / "artifact")
    assert list(failed(examine(tmp_path / "artifact"))) == ["training: dropout before the logits"]


def test_what_fails_its_proof_is_not_put_in_place(checkpoint, tmp_path, monkeypatch):
    from slimhub.export.savedmodel import writer

    write = writer.write

    def write_with_fault(folder, *arguments):
        write(folder, *arguments)
        faults.edit_graph(folder, faults.change_epsilon)

    monkeypatch.setattr(writer, "write", write_with_fault)
    folder = tmp_path / "new" / "artifact"
    with pytest.raises(export.ExportError, match="failed its proof") as refusal:
        export_one(checkpoint, folder, proof="full")
    assert "MobilenetV3/layer_5/depthwise_output is the first of" in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_the_verifying_process_finds_what_this_one_finds(checkpoint, sound, tmp_path):
    folder = shutil.copytree(sound, tmp_path / "artifact")
    faults.edit_graph(folder, faults.scale_input_otherwise)
    proof = verify.verify(folder, str(checkpoint), trust=True)  # its digest differs as well
    assert not proof.holds
    failures = {f"{check.area}: {check.name}": check.detail for check in proof.failed}
    assert failures["inference: photograph"].startswith("MobilenetV3/layer_1 is the first of ")
    # What needs no checkpoint is failed as well.
    assert "saved_model.pb does not match the record" in failures["files: digests"]
    assert "goldens: output for known images" in failures
