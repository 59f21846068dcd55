"""Whether an export has been done, by the record in the artifact."""

import dataclasses
import json
import shutil

import pytest

from slimhub import export
from slimhub.export import record
from slimhub.zoo import state

NETWORK = "mobilenet_v1_025_128"


@pytest.fixture
def request_(artifact, synthetic_checkpoint, tmp_path):
    """A request, and at its output what it would make."""
    output = shutil.copytree(artifact(NETWORK, "classification").path, tmp_path / "artifact")
    checkpoint = str(synthetic_checkpoint(NETWORK))
    return export.Request(NETWORK, checkpoint, str(output), task="classification", proof="none")


def changed(request_, tmp_path, change):
    path = tmp_path / "artifact" / record.PATH
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return state.look(request_)


def test_what_is_whole_and_the_same_is_unchanged(request_):
    assert state.look(request_) == state.State(state.UNCHANGED)


def test_where_nothing_is_everything_is_new(request_, tmp_path):
    elsewhere = dataclasses.replace(request_, output=str(tmp_path / "none"))
    assert state.look(elsewhere).kind == state.NEW


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"proof": "quick"}, "its options differ"),
        ({"num_classes": 10}, "its options differ"),
        ({"averages": "raw"}, "its options differ"),
        ({"checkpoint_name": "model.ckpt-7"}, "its options differ"),
        ({"drop_background": True}, "its options differ"),
        ({"ignore_leftover": "/gamma$"}, "its options differ"),
        ({"scope": "model"}, "its options differ"),
    ],
)
def test_other_options_are_exported_again(request_, options, reason):
    found = state.look(dataclasses.replace(request_, **options))
    assert found == state.State(state.OUTDATED, reason)


def test_another_checkpoint_of_the_same_name_is_exported_again(
    request_, synthetic_checkpoint, tmp_path
):
    source = synthetic_checkpoint(NETWORK)
    shutil.copytree(source.parent, tmp_path / "made")
    same = dataclasses.replace(request_, checkpoint=str(tmp_path / "made" / source.name))
    assert state.look(same).kind == state.UNCHANGED  # it is the content that counts
    data = tmp_path / "made" / f"{source.name}.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[1000] ^= 1
    data.write_bytes(content)
    assert state.look(same) == state.State(state.OUTDATED, "the checkpoint differs")


def test_other_labels_of_the_same_name_are_exported_again(request_, tmp_path):
    labels = tmp_path / "labels.txt"
    labels.write_text("".join(f"{number}\n" for number in range(1001)))
    labelled = dataclasses.replace(request_, labels=str(labels))

    def change(content):
        content["command"] = labelled.command(content["checkpoint"]["source"])

    found = changed(labelled, tmp_path, change)
    assert found == state.State(state.OUTDATED, "the labels differ")


def test_another_release_and_another_definition_are_exported_again(request_, tmp_path):
    found = changed(request_, tmp_path, lambda c: c["network"].update(weight_decay=0.5))
    assert found.reason == "the definition of the network has changed"
    found = changed(request_, tmp_path, lambda c: c["versions"].update(slimhub="0.0.1"))
    assert found.reason == f"it was written by slimhub 0.0.1, this is {export.__version__}"


def test_a_record_without_an_identity_is_compared_as_0_1_0_did(request_, tmp_path):
    """Records of 0.1.0 have none: exported again they would be other bytes, which no hub takes."""
    without = changed(request_, tmp_path, lambda content: content.pop("identity"))
    assert without == state.State(state.UNCHANGED)
    other = state.State(state.OUTDATED, "its options differ")
    named = dataclasses.replace(request_, checkpoint_name="model.ckpt-7")
    assert state.look(named) == other
    assert state.look(dataclasses.replace(request_, proof="quick")) == other
    found = changed(request_, tmp_path, lambda c: c["network"].update(weight_decay=0.5))
    assert found.reason == "the definition of the network has changed"


def test_an_identity_that_was_changed_is_exported_again(request_, tmp_path):
    found = changed(request_, tmp_path, lambda c: c["identity"].update(sha256="0" * 64))
    assert found == state.State(state.OUTDATED, "its record was modified")


def test_what_is_damaged_is_exported_again(request_, tmp_path):
    graph = tmp_path / "artifact" / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:-1])
    reason = "saved_model.pb was modified"
    assert state.look(request_) == state.State(state.OUTDATED, reason)
    graph.unlink()
    assert state.look(request_) == state.State(state.OUTDATED, reason)
    found = changed(request_, tmp_path, lambda content: content.pop("versions"))
    assert found == state.State(state.OUTDATED, "its record is damaged")


def test_what_is_not_this_export_is_left_alone(request_, tmp_path):
    other = dataclasses.replace(request_, network="mobilenet_v2_035_96")
    reason = f"it already holds {NETWORK}, classification: move it away"
    assert state.look(other) == state.State(state.FOREIGN, reason)
    (tmp_path / "artifact" / record.PATH).write_text("[]")
    assert state.look(request_).kind == state.FOREIGN
    shutil.rmtree(tmp_path / "artifact")
    (tmp_path / "artifact").write_text("a file")
    assert state.look(request_).kind == state.FOREIGN
