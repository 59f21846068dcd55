"""The attributes of variables that distribution strategies read are checked."""

import dataclasses
import re
import shutil
from pathlib import Path

import pytest
from tensorflow.core.protobuf import saved_model_pb2

from slimhub.export.record import PATH, Record
from slimhub.export.verify.checks import contract, distribution
from slimhub.export.verify.reference.artifact import Artifact

NETWORK = "mobilenet_v1_025_128"
# synchronization, aggregation
AUTO_NONE, ON_READ_MEAN = (0, 0), (3, 2)


def change(folder, attributes, trainable):
    """Sets both attributes of the variables that are trained, or of the others."""
    path = Path(folder, "saved_model.pb")
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for node in saved.meta_graphs[0].object_graph_def.nodes:
        if node.WhichOneof("kind") == "variable" and node.variable.trainable == trainable:
            node.variable.synchronization, node.variable.aggregation = attributes
    path.write_bytes(saved.SerializeToString())


@pytest.fixture
def copied(artifact, tmp_path):
    return Path(shutil.copytree(artifact(NETWORK).path, tmp_path / "artifact"))


def test_an_artifact_has_the_attributes_of_published_modules(artifact):
    found = {}
    for node in Artifact(artifact(NETWORK).path).proto.meta_graphs[0].object_graph_def.nodes:
        if node.WhichOneof("kind") == "variable":
            variable = node.variable
            is_statistic = "/moving_" in variable.name
            found.setdefault(is_statistic, []).append(
                (variable.trainable, variable.synchronization, variable.aggregation)
            )
    assert set(found[True]) == {(False, *ON_READ_MEAN)}
    assert set(found[False]) == {(True, *AUTO_NONE)}


def test_they_are_a_line_of_the_contract(copied):
    checked = Artifact(copied)
    checks = {check.name: check for check in contract.check(checked, checked.identify())}
    assert checks[distribution.NAME].outcome == "passed"


@pytest.mark.parametrize(
    ("trainable", "attributes", "complaint"),
    [
        (False, AUTO_NONE, r"BatchNorm/moving_mean is the first of 54 moving statistics without"),
        (False, (3, 1), r"of 54 moving statistics .*: only those of the first replica are saved"),
        (True, ON_READ_MEAN, r"Conv2d_0/weights is the first of 81 trainable variables with a"),
    ],
)
def test_other_attributes_fail(copied, trainable, attributes, complaint):
    change(copied, attributes, trainable)
    check = distribution.check(Artifact(copied))
    assert check.outcome == "failed"
    assert re.search(complaint, check.detail)


def test_what_an_early_release_wrote_does_not_fail(copied):
    change(copied, AUTO_NONE, trainable=False)
    dataclasses.replace(Record.read(copied), identity=None).write(copied)
    check = distribution.check(Artifact(copied))
    assert check.outcome == "not run"
    assert "only those of the first replica are saved" in check.detail
    assert "written by an early release of slimhub; export it again" in check.detail


def test_what_others_wrote_does_not_fail(copied):
    (copied / PATH).unlink()
    assert distribution.check(Artifact(copied)).outcome == "passed"
    change(copied, AUTO_NONE, trainable=False)
    check = distribution.check(Artifact(copied))
    assert (check.outcome, check.detail.count("not written by slimhub")) == ("not run", 1)
