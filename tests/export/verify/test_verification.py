"""Verifying artifacts that are there: slimhub's own, others', and what is none."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest
import tensorflow as tf

from slimhub.common.errors import ExportError, RequestError
from slimhub.export import record, verify
from slimhub.export.record import Record
from slimhub.export.verify import subject
from slimhub.export.verify.checks import artifact_files
from slimhub.export.verify.process.proof_client import ProofProcess
from slimhub.export.verify.reference.artifact import Artifact
from slimhub.nets import NetworkOptions
from tests.fixtures import foreign_artifacts

NETWORK = "mobilenet_v1_025_128"
GRADIENTS = "gradients of inputs and trainable variables"


@pytest.fixture(scope="module")
def own(artifact):
    return Path(artifact(NETWORK).path)


@pytest.fixture(scope="module")
def foreign(synthetic_checkpoint, tmp_path_factory):
    """An artifact as the hub published them: the contract, and nothing of slimhub's."""
    folder = tmp_path_factory.mktemp("foreign") / "module"
    foreign_artifacts.write_published(NETWORK, synthetic_checkpoint(NETWORK), folder)
    return folder


def outcomes(proof, outcome):
    return {f"{check.area}: {check.name}" for check in proof.checks if check.outcome == outcome}


def test_without_a_checkpoint_the_rest_is_checked(own):
    proof = verify.verify(own)
    assert proof.holds
    assert proof.mode == "contract"
    assert {check.area for check in proof.checks if check.outcome == "passed"} == {
        "files", "contract", "variables", "inference", "goldens"
    }  # fmt: skip
    assert outcomes(proof, "not run") == {
        "inference: the source's outputs",
        "training: outputs, updates, gradients",
    }


def test_with_the_checkpoint_everything_is_checked(own, synthetic_checkpoint):
    proof = verify.verify(own, str(synthetic_checkpoint(NETWORK)), wants_layers=True)
    assert proof.holds
    assert proof.mode == "thorough"
    assert outcomes(proof, "not run") == {"inference: the original graph answers the same"}
    # To the last bit: the same kernels ran in the same order.
    assert {row["difference"] for row in proof.endpoints} == {0.0}
    compared = {row["mode"] for row in proof.endpoints}
    assert compared == {
        "inference, photograph",
        "inference, noise, gradient, zeros, ones",
        "training, noise, photograph",
        "training, zeros, ones, photograph",
    }
    assert len(proof.layers) == 135
    assert all(sorted(row["quantiles"]) == row["quantiles"] for row in proof.layers)


def test_another_checkpoint_is_not_its_source(own, synthetic_checkpoint, tmp_path):
    prefix = synthetic_checkpoint(NETWORK)
    reader = tf.train.load_checkpoint(str(prefix))
    names = sorted(reader.get_variable_to_shape_map())
    values = [reader.get_tensor(name) for name in names]
    values[names.index("MobilenetV1/Conv2d_0/weights")] *= 2
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "model.ckpt-1"),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=values,
    )
    proof = verify.verify(own, str(tmp_path / "model.ckpt-1"))
    failed = {check.area: check for check in proof.failed}
    assert "MobilenetV1/Conv2d_0/weights is the first of 1 " in failed["variables"].detail


def test_anothers_artifact_is_checked_as_far_as_it_goes(foreign, synthetic_checkpoint):
    proof = verify.verify(foreign, str(synthetic_checkpoint(NETWORK)))
    assert outcomes(proof, "failed") == set()
    assert outcomes(proof, "not run") == {
        "files: digests",
        "contract: endpoints serve and train",
        "contract: encoded images",
        "contract: labels",
        "contract: portable to older releases",
        "contract: sessions call and restore the same",
        "goldens: output for known images",
        "inference: the original graph answers the same",
    }
    assert {f"inference: {GRADIENTS}", f"training: {GRADIENTS}"} <= outcomes(proof, "passed")
    tolerances = {c.tolerance for c in proof.checks if c.name == "photograph"}
    assert tolerances == {1e-5}  # nobody knows in which order its operations are


def test_anothers_wrong_artifact_fails(foreign, synthetic_checkpoint, tmp_path):
    folder = tmp_path / "module"
    foreign_artifacts.write_published(
        NETWORK, synthetic_checkpoint(NETWORK), folder, default_momentum=0.9, regularization=1e-5
    )
    proof = verify.verify(folder, str(synthetic_checkpoint(NETWORK)))
    failed = outcomes(proof, "failed")
    assert "contract: arguments of __call__ and their defaults" in failed
    assert "training: regularization loss" in failed


def test_what_no_network_fits_has_to_be_named(tmp_path):
    class Other(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 32, 32, 3], tf.float32)])
        def __call__(self, images):
            return images

    tf.saved_model.save(Other(), str(tmp_path / "module"))
    with pytest.raises(ExportError, match="name it with `network`"):
        verify.verify(tmp_path / "module")
    named = verify.verify(tmp_path / "module", subject=verify.Subject(NETWORK, "feature_vector"))
    assert "contract: children of the object" in outcomes(named, "failed")


def test_what_is_no_artifact_is_one_sentence(tmp_path):
    with pytest.raises(RequestError, match="is not a SavedModel folder"):
        verify.verify(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"rubbish")
    with pytest.raises(ExportError, match=r"cannot read .*saved_model\.pb"):
        verify.verify(tmp_path)


def test_damage_is_found_without_a_checkpoint(own, tmp_path):
    folder = shutil.copytree(own, tmp_path / "artifact")
    data = folder / "variables" / "variables.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[1000] ^= 0x40
    data.write_bytes(content)
    proof = verify.verify(folder)
    failed = {f"{check.area}: {check.name}": check.detail for check in proof.failed}
    assert "its sha256 differs" in failed["files: digests"]


DAMAGED = {
    "{": "it is not readable JSON",
    "[]": "is not valid",
    "null": "is not valid",
    '{"files": []}': "is not valid",
    '{"network": {"name": "resnet_9000"}}': "it has the format None",
    '{"network": "x"}': "it has the format None",
    '{"format": 1, "task": "segmentation", "network": {}}': "unknown task 'segmentation'",
}


@pytest.mark.parametrize(("content", "message"), DAMAGED.items())
def test_a_damaged_record_is_one_sentence(own, tmp_path, content, message):
    folder = shutil.copytree(own, tmp_path / "artifact")
    (folder / record.PATH).write_text(content)
    with pytest.raises(ExportError, match=r"^the record assets\.extra/slimhub\.json ") as refusal:
        Artifact(folder).identify()
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_truncated_file_is_said_once(own, tmp_path):
    folder = shutil.copytree(own, tmp_path / "artifact")
    (folder / "variables" / "variables.index").unlink()
    proof = verify.verify(folder)
    assert [check.name for check in proof.failed] == ["names", "digests", "loading"]
    assert proof.failed[-1].detail.startswith("not loaded, since its files are not those of its ")
    proof = verify.verify(folder, trust=True)
    assert [check.name for check in proof.failed] == ["names", "digests", "loading"]
    assert proof.failed[-1].detail.startswith("TensorFlow cannot load it: ")
    assert len(proof.failed[-1].detail) < 300


def test_what_is_neither_file_nor_folder_is_refused(own, tmp_path):
    folder = shutil.copytree(own, tmp_path / "artifact")
    (folder / "assets.extra" / "gone").symlink_to(tmp_path / "nowhere")
    with pytest.raises(RequestError, match=r"artifact/assets\.extra/gone is neither a file nor"):
        verify.verify(folder)


def test_what_is_said_of_no_checkpoint_is_refused(own):
    with pytest.raises(RequestError, match="`sha256`, `averages`: also name the checkpoint"):
        verify.verify(own, sha256="0" * 64, averages="shadow")


def test_the_checkpoint_of_the_record_is_taken(own, synthetic_checkpoint, tmp_path):
    folder = shutil.copytree(own, tmp_path / "artifact")
    prefix = synthetic_checkpoint(NETWORK)
    for place in ("ema/model.ckpt-7", "pristine/model.ckpt-7"):
        (tmp_path / "both" / place).parent.mkdir(parents=True)
        for path in prefix.parent.glob(f"{prefix.name}.*"):
            shutil.copy(path, (tmp_path / "both" / place).with_name(path.name))
    content = json.loads((folder / record.PATH).read_text())
    content["checkpoint"]["name"] = "archive/pristine/model.ckpt-7"
    (folder / record.PATH).write_text(json.dumps(content))
    proof = verify.verify(folder, str(tmp_path / "both"))
    assert proof.source == "pristine/model.ckpt-7, from both"


def test_files_that_do_not_belong_are_named(own, tmp_path):
    folder = shutil.copytree(own, tmp_path / "artifact")
    (folder / "assets.extra" / "notes.txt").write_text(f"made in {tmp_path}")
    (folder / "keras_metadata.pb").write_bytes(b"")
    (folder / "variables" / "variables.index").unlink()
    (folder / "empty").mkdir()
    checks = {c.name: c for c in artifact_files.check(folder, None, [str(tmp_path)])}
    assert "keras_metadata.pb does not belong" in checks["names"].detail
    assert "empty/ does not belong" in checks["names"].detail
    assert "variables/variables.index is missing" in checks["names"].detail
    named = checks["no path or user of a machine"]
    assert named.outcome == "failed"
    assert f"assets.extra/notes.txt contains {tmp_path}" in named.detail
    assert checks["digests"].outcome == "not run"


def test_a_path_is_found_in_a_proto_but_not_in_a_variables_name(tmp_path):
    private = ["/project", "/output"]
    names = b"\x0a\x2aMobilenetV3/expanded_conv/project/weights\x0a\x12Conv_1/output/biases"
    (tmp_path / "saved_model.pb").write_bytes(names)
    assert list(artifact_files._named(tmp_path, private)) == []
    # 0x41 is the length of the string, and a letter.
    (tmp_path / "saved_model.pb").write_bytes(names + b"\x0a\x41/project/art")
    assert list(artifact_files._named(tmp_path, private)) == ["saved_model.pb contains /project"]


def test_the_bare_name_of_a_folder_is_not_private(tmp_path):
    (tmp_path / "notes.txt").write_text("made from train_dir, ./train_dir, /train_dir")
    assert list(artifact_files._named(tmp_path, ["train_dir", "./train_dir"])) == []
    assert list(artifact_files._named(tmp_path, ["/train_dir"])) == [
        "notes.txt contains /train_dir"
    ]


def test_another_network_than_the_records_is_refused(own):
    recorded = Record.read(own)
    with pytest.raises(
        RequestError, match="the artifact's record says network=mobilenet_v1_025_128"
    ):
        subject.choose(recorded, "mobilenet_v1_100_224", None, NetworkOptions())
    with pytest.raises(RequestError, match="says num_classes=1001, not 7"):
        subject.choose(recorded, NETWORK, None, NetworkOptions(num_classes=7))
    chosen = subject.choose(recorded, NETWORK, None, NetworkOptions())
    assert chosen == subject.from_record(recorded)


def test_a_record_that_names_another_network_fails(own, tmp_path):
    folder = shutil.copytree(own, tmp_path / "artifact")
    path = folder / record.PATH
    text = path.read_text().replace(NETWORK, "mobilenet_v1_050_192")
    path.write_text(text.replace('"depth_multiplier": 0.25', '"depth_multiplier": 0.5'))
    failed = {check.name: check.detail for check in verify.verify(folder).failed}
    assert "MobilenetV1/Conv2d_0/" in failed["names and shapes are the network's"]


def test_a_process_that_dies_says_so(own):
    with ProofProcess("quick") as proof_process:
        os.killpg(proof_process._process.child.pid, signal.SIGKILL)
        with pytest.raises(ExportError, match="the proof process ended with exit code -9"):
            proof_process.conclude([])
