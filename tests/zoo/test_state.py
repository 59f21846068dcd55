"""Whether an export has been done, by the record in the artifact."""

import dataclasses
import json
import shutil

import pytest

from slimhub import export
from slimhub.common.errors import ExportError, RequestError
from slimhub.export import record
from slimhub.zoo import publisher, state, zoo_worker
from slimhub.zoo.jobs import Publication
from tests.fixtures.commands import SAMPLE
from tests.fixtures.support import REPOSITORY

NETWORK = "mobilenet_v1_025_128"


@pytest.fixture
def request_(artifact, synthetic_checkpoint, tmp_path):
    """A request, and at its output what it would make."""
    output = shutil.copytree(artifact(NETWORK, "classification").path, tmp_path / "artifact")
    checkpoint = str(synthetic_checkpoint(NETWORK))
    return export.Request(NETWORK, checkpoint, str(output), task="classification", proof="none")


def changed(request_, tmp_path, change, **options):
    path = tmp_path / "artifact" / record.PATH
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return state.look(request_, **options)


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


def test_another_definition_and_a_release_to_renew_are_exported_again(request_, tmp_path):
    found = changed(request_, tmp_path, lambda c: c["network"].update(weight_decay=0.5))
    assert found.reason == "the definition of the network has changed"
    found = changed(
        request_, tmp_path, lambda c: c["versions"].update(slimhub="0.0.1"), renews=True
    )
    assert found.kind == state.OUTDATED
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


def test_what_0_1_0_wrote_is_left_as_it_is(request_, tmp_path):
    later = ("channels", "last_layer", "has_batch_norm", "batch_norm_scale")

    def age(content):
        del content["identity"]
        content["network"] = {k: v for k, v in content["network"].items() if k not in later}
        content["versions"]["slimhub"] = "0.1.0"

    reason = f"it was written by slimhub 0.1.0, this is {export.__version__}"
    assert changed(request_, tmp_path, age) == state.State(state.UNCHANGED, reason)
    renewed = state.State(state.OUTDATED, reason, is_renewal=True)
    assert state.look(request_, renews=True) == renewed
    gray = dataclasses.replace(request_, channels=1)
    assert state.look(gray) == state.State(state.OUTDATED, "its options differ")


@pytest.mark.parametrize("renews", [False, True])
def test_a_renewal_that_fails_is_not_taken_for_one_that_was_done(
    request_, tmp_path, monkeypatch, renews
):
    """Where the same job, which was assumed lost, has finished, its failure counts for nothing."""

    class Failing:
        def export(self, request, on_phase):
            raise ExportError("no memory")

    monkeypatch.setattr(zoo_worker, "_exporter", lambda run_name: Failing())

    def age(content):
        del content["identity"]
        content["versions"]["slimhub"] = "0.1.0"

    there = changed(request_, tmp_path, age)
    assert there.kind == state.UNCHANGED
    if renews:
        with pytest.raises(ExportError, match="no memory"):
            zoo_worker._export(request_, "run", print, renews=True)
    else:
        assert zoo_worker._export(request_, "run", print, renews=False) == ""


def test_what_0_1_0_itself_wrote_is_left_as_it_is():
    """The record of an export of the sample by that release."""
    path = REPOSITORY / "tests" / "zoo" / "data" / "record_0_1_0.json"
    recorded = record.Record.from_json(json.loads(path.read_text()))
    options = {"depth_multiplier": 0.35, "num_classes": 10, "image_size": 32, "feature_depth": 128}
    wanted = export.Request(
        "mobilenet_v3_small_075_224",
        str(SAMPLE),
        "elsewhere",
        task="classification",
        labels=str(REPOSITORY / "samples" / "digits_labels.txt"),
        **options,
    )
    assert state._difference(wanted, recorded, True) == ""
    other = dataclasses.replace(wanted, input_scaling="unit")
    assert state._difference(other, recorded, True) == "its options differ"


def test_a_renewed_artifact_needs_another_version(tmp_path):
    shutil.copy(REPOSITORY / "tests" / "zoo" / "data" / "index_0_1_0.json", tmp_path / "index.json")
    handle = "local/zoo/mobilenet_v3_small_075_224/classification"
    target = f"hub:{tmp_path}"
    with pytest.raises(RequestError, match="is published, and a version never changes"):
        publisher.check_renewal(Publication(target, f"{handle}/1"))
    publisher.check_renewal(Publication(target, f"{handle}/2"))
    publisher.check_renewal(None)


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
