"""Accuracy of the sample on its held-out digits, against a plain loop."""

import dataclasses
import json
import shutil

import pytest

from slimhub.cli import evaluate_command
from slimhub.common.errors import EvaluationError, RequestError
from slimhub.evaluate import EvaluationRequest, evaluate, evaluation, evaluation_record
from slimhub.evaluate.models import model_source
from tests.fixtures.digit_data import example, write_records


def request(artifact, data, **more) -> EvaluationRequest:
    return EvaluationRequest(str(artifact), str(data), **{"preprocessing": "resize", **more})


@pytest.fixture
def measured(model):
    """Measures the accuracy of the sample on data."""

    def make(data, **more):
        wanted = request(model.folder, data, **more)
        return evaluation.measure(model, wanted.dataset(), wanted)

    return make


@pytest.mark.parametrize(
    ("kind", "options"),
    [("named", {}), ("numbered", {}), ("records", {"split": "test"}), ("table", {})],
)
def test_accuracy_equals_that_of_a_plain_loop(measured, digit_data, kind, options):
    record = measured(getattr(digit_data, kind), **options).record
    assert (record.count, record.top1) == (360, digit_data.right / 360)
    assert record.loss == pytest.approx(digit_data.loss, rel=1e-6)
    assert sum(one.count for one in record.per_class) == 360
    assert record.per_class[3].name == "three"
    assert sum(pair.count for pair in record.confusions) == 360 - digit_data.right


@pytest.mark.parametrize("suffix", [".tflite", ".onnx"])
def test_formats_can_be_compared_by_accuracy(converted, digit_data, suffix):
    wanted = request(converted(suffix), digit_data.named)
    with model_source.opened(wanted.artifact) as model:
        found = evaluation.measure(model, wanted.dataset(), wanted)
    assert found.record.top1 == digit_data.right / 360
    assert found.record.loss == pytest.approx(digit_data.loss, rel=1e-5)
    assert found.path.name == f"digits{suffix}.evaluation.json"


@pytest.mark.parametrize("kind", ["numbered", "table", "records"])
def test_labels_that_are_off_by_one_are_found(measured, digit_data, tmp_path, kind):
    moved = off_by_one(digit_data, kind, tmp_path)
    with pytest.raises(EvaluationError, match=r"would be 9\d.*otherwise.*pass `label_offset=1`"):
        measured(moved)


def off_by_one(digit_data, kind, folder):
    """Digits 1 to 9 labeled as 0 to 8, as by a tool that knows no background class."""
    if kind == "numbered":
        for number in range(1, 10):
            shutil.copytree(digit_data.numbered / str(number), folder / "moved" / str(number - 1))
        return folder / "moved"
    if kind == "table":
        rows = [line.rsplit(",", 1) for line in digit_data.table.read_text().splitlines()[1:]]
        text = [f"{digit_data.table.parent / path},{int(n) - 1}" for path, n in rows if n != "0"]
        (folder / "moved.csv").write_text("\n".join(text))
        return folder / "moved.csv"
    pictures = sorted(digit_data.numbered.glob("[1-9]/*.png"))
    records = [example(path.read_bytes(), int(path.parent.name) - 1) for path in pictures]
    write_records(folder / "moved.tfrecord", records)
    return folder / "moved.tfrecord"


def test_a_label_outside_the_range_names_picture_and_remedy(measured, digit_data, tmp_path):
    for number in range(10):
        shutil.copytree(digit_data.numbered / str(number), tmp_path / "moved" / str(number + 1))
    with pytest.raises(EvaluationError, match=r"10/\d+.png has the label 10.*`label_offset=-1`"):
        measured(tmp_path / "moved")
    found = measured(tmp_path / "moved", label_offset=-1)
    assert found.record.top1 == digit_data.right / 360
    assert not found.notes


def test_damaged_pictures_are_counted_and_named(measured, digit_data, tmp_path):
    data = shutil.copytree(digit_data.named, tmp_path / "data")
    (data / "one" / "a.png").write_bytes(b"\x89PNG and nothing else")
    (data / "two" / "b.jpg").write_bytes(b"")
    huge = bytearray(next((data / "one").glob("0*.png")).read_bytes())
    huge[16:24] = (60_000).to_bytes(4, "big") * 2  # what a file of 1 MB can be
    (data / "two" / "c.png").write_bytes(bytes(huge))
    found = measured(data)
    assert found.record.top1 == digit_data.right / 360
    assert (found.record.data.count, found.record.data.damaged) == (363, 3)
    assert found.totals.damaged[1:] == [
        ("two/b.jpg", "it is not a JPEG or PNG file"),
        ("two/c.png", "it has more than 67,108,864 pixels"),
    ]
    (data / "two" / "d.jpg").write_bytes(b"GIF89a")
    with pytest.raises(EvaluationError, match="4 pictures of 364 cannot be read, more than"):
        measured(data)


def test_a_damaged_record_is_left_out(measured, digit_data, tmp_path):
    data = shutil.copytree(digit_data.records, tmp_path / "data")
    path = data / "digits_test_00001-of-00002.tfrecord"
    content = bytearray(path.read_bytes())
    content[-8] ^= 1  # in the last record
    path.write_bytes(bytes(content))
    found = measured(data / "digits_test_*")
    assert (found.record.count, found.record.data.damaged) == (359, 1)
    assert found.totals.damaged[0][0] == "record 159 of digits_test_00001-of-00002.tfrecord"
    path.write_bytes(bytes(content[:-1]))
    with pytest.raises(RequestError, match="it ends inside of a record"):
        measured(data)


def test_names_do_not_control_a_terminal(measured, few, tmp_path):
    found = measured(shutil.copytree(few, tmp_path / "a\x1b[31m\nb"))
    said = "\n".join(evaluate_command.lines(found))
    assert "\x1b" not in said
    assert r"a\x1b[31m\nb: 20 images" in said


def test_preprocessing_is_part_of_the_figures(measured, digit_data):
    whole, middle = (measured(digit_data.named, preprocessing=p) for p in ("resize", "slim"))
    assert middle.record.preprocessing == "slim"
    assert middle.record.loss > whole.record.loss


def test_figures_lie_beside_the_artifact_as_long_as_they_are_of_it(classifier, digit_data):
    path = evaluation_record.path_of(classifier)
    with pytest.raises(EvaluationError, match=r"is 0\.9778, below `at_least=0\.99`"):
        evaluate(request(classifier, digit_data.named, at_least=0.99))
    assert not path.exists()
    found = evaluate(request(classifier, digit_data.named, at_least=0.95))
    assert json.loads(path.read_text())["preprocessing"] == "resize"
    assert evaluation_record.read(classifier) == found.record
    with (classifier / "assets" / "labels.txt").open("a") as file:
        file.write("\n")
    assert evaluation_record.read(classifier) is None
    for text in ("[", "[]", '{"format": 1}', '{"format": 2}'):
        path.write_text(text)
        with pytest.raises(EvaluationError, match="evaluate the artifact again"):
            evaluation_record.read(classifier)
    path.write_text(dataclasses.replace(found.record, top1=1.5).text())
    with pytest.raises(EvaluationError, match="figures that no evaluation has"):
        evaluation_record.read(classifier)
