"""What only Kaggle does."""

import importlib.util

import pytest

from slimhub import export, publish
from slimhub.publish.destinations.kaggle.kaggle_models import Kaggle


@pytest.fixture
def kaggle(start):
    return start("kaggle")


def test_a_version_that_is_processed_is_waited_for(kaggle, pack, waits):
    kaggle.place.processing = 2
    kaggle.publish(pack())
    assert waits == [5.0, 5.0]


def test_a_version_that_never_appears_is_told(kaggle, pack):
    kaggle.place.processing = 1000
    with pytest.raises(publish.PublishError, match=r"not processed version 1 .* after 10 minutes"):
        kaggle.publish(pack())


def test_a_license_stays(kaggle, pack):
    kaggle.publish(pack(license="apache-2.0"))
    with pytest.raises(publish.PublishError, match=r"under the license 'Apache 2\.0', not 'MIT'"):
        kaggle.plan(pack(license="mit"))


def test_new_models_are_private(kaggle, pack):
    kaggle.publish(pack())
    assert kaggle.place.models["owner", "net"]["isPrivate"]


def test_a_missing_extra_is_one_sentence(kaggle, pack, monkeypatch):
    find = importlib.util.find_spec
    without = lambda name: None if name == "kagglehub" else find(name)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(export.RequestError, match=r"pip install 'slimhub\[kaggle\]'$"):
        kaggle.destination.check(pack())


def test_a_version_that_somebody_made_meanwhile_is_left_alone(kaggle, pack):
    kaggle.publish(pack())
    package = pack({"saved_model.pb": b"other"})
    plan = kaggle.plan(package)
    (model,) = kaggle.place.models.values()
    (instance,) = model["instances"].values()
    instance["versions"].append({"saved_model.pb": b"theirs"})
    with pytest.raises(publish.PublishError, match="its newest version is 2; no version"):
        kaggle.destination.send(package, plan, lambda *_: None)
    assert len(instance["versions"]) == 2


def test_a_variation_that_may_not_be_read_is_not_taken_as_absent(kaggle, pack, waits):
    plan, _ = kaggle.publish(pack())
    kaggle.place.fail("GetModelInstance", 403, times=100)
    for ask in (kaggle.plan, lambda package: kaggle.destination.confirm(package, plan)):
        with pytest.raises(publish.PublishError, match=r"denied access: .*look for the var"):
            ask(pack())
    assert waits == []


def test_a_lost_answer_makes_no_second_version(kaggle, pack):
    kaggle.publish(pack())
    package = pack({"saved_model.pb": b"other"})
    kaggle.place.fail("CreateModelInstanceVersion", is_lost=True)
    with pytest.raises(publish.PublishError, match="lost the connection to Kaggle"):
        kaggle.publish(package)
    kaggle.place.unlisted = 1
    with pytest.raises(publish.PublishError, match="still processing version 2 of"):
        kaggle.plan(package)
    assert kaggle.plan(package).changes == ()


def test_a_version_without_files_yet_is_waited_for(kaggle, pack, waits):
    kaggle.place.unlisted = 2
    kaggle.publish(pack())
    assert waits == [5.0, 5.0]


@pytest.mark.parametrize(
    ("field", "named"), [("overview", "overview"), ("trainingData", "training data")]
)
def test_texts_that_arrived_otherwise_are_found(kaggle, pack, field, named):
    package = pack()
    plan = kaggle.plan(package)
    kaggle.destination.send(package, plan, lambda *_: None)
    (model,) = kaggle.place.models.values()
    (instance,) = model["instances"].values()
    del instance[field]
    with pytest.raises(publish.PublishError, match=f"not what was sent: {named} differ; check"):
        kaggle.destination.confirm(package, plan)


def test_a_file_of_another_format_is_a_variation(kaggle, pack, tmp_path):
    lite = tmp_path / "a.tflite"
    lite.write_bytes(b"lite" * 1000)
    kaggle.publish(pack())  # the SavedModel, under the same model
    kaggle.destination = Kaggle.parse("kaggle://owner/net/tfLite/small")
    package = pack(also={".tflite": lite})
    plan, _ = kaggle.publish(package)
    instances = kaggle.place.models["owner", "net"]["instances"]
    instance = instances["MODEL_FRAMEWORK_TF_LITE", "small"]
    assert instance["versions"] == [{"model.tflite": lite.read_bytes()}]
    assert 'kagglehub.model_download("owner/net/tfLite/small")' in plan.cards["usage"]
    assert 'Interpreter(f"{path}/model.tflite")' in plan.cards["usage"]
    assert plan.cards["fine-tunable"] == "no"
    assert kaggle.plan(package).changes == ()


@pytest.mark.parametrize(
    ("target", "suffixes", "message"),
    [
        (
            "tensorFlow2",
            [".onnx"],
            "does not apply to tensorFlow2: .*net/tfLite or onnx/small",
        ),
        ("onnx", [], "takes one .onnx file: name it with `also`"),
        ("onnx", [".onnx", ".tflite"], "takes one .onnx file: name it with `also`, and no other"),
    ],
)
def test_files_have_to_be_of_the_framework(pack, tmp_path, target, suffixes, message):
    destination = Kaggle.parse(f"kaggle://owner/net/{target}/small")
    with pytest.raises(export.RequestError, match=message):
        destination.check(pack(also={suffix: tmp_path / "a" for suffix in suffixes}))
