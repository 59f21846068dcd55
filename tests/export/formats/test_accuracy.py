"""Accuracy of artifact and file on pictures with labels, and labels that are not used."""

import json
import shutil

import numpy as np
import pytest

from slimhub.cli import commands
from slimhub.export.formats import (
    existing_file,
    litert_format,
    own_pictures,
    picture_labels,
    true_classes,
)
from slimhub.export.formats.convertible import Convertible
from slimhub.export.formats.picture_labels import PictureLabels
from slimhub.export.formats.true_classes import UnknownClassesError
from tests.fixtures.digit_data import example, write_records

TEN = tuple("abcdefghij")


def execute(*words):
    arguments = commands.parser().parse_args(["convert", *map(str, words)])
    return arguments.execute(arguments)


@pytest.fixture
def thirty(digit_data, tmp_path):
    """Three pictures of each digit, in folders that are called by names."""
    folder = tmp_path / "thirty"
    for place in digit_data.named.iterdir():
        (folder / place.name).mkdir(parents=True)
        for path in sorted(place.iterdir())[:3]:
            shutil.copy(path, folder / place.name)
    return folder


@pytest.fixture
def converter(converted, in_process, monkeypatch):
    """As if it had converted: that takes five seconds."""
    content = converted(".tflite").path.read_bytes()
    monkeypatch.setattr(litert_format, "convert", lambda model, quantize: content)


@pytest.mark.usefixtures("converter")
def test_accuracy_is_stated_everywhere(digits, thirty, tmp_path, capsys):
    output = tmp_path / "a.tflite"
    flags = ("--quantize=float16", f"--calibration={thirty}", "--format=json")
    assert execute(digits, output, *flags) == 0
    said = json.loads(capsys.readouterr().out)
    found = said["agreement"]["accuracy"]
    assert (found["data"], found["pictures"], found["labels"]) == ("thirty", 30, "by name")
    model = Convertible(digits)
    read = own_pictures.read(thirty, 32)
    names = model.read_labels()
    wanted = [names.index(read.labels.names[number]) for number in read.labels.numbers]
    right = (model.answers(read.images).argmax(1) == wanted).mean()
    assert (found["artifact"], found["file"]) == (right, right)
    assert right > 0.9
    content = output.read_bytes()
    provenance = litert_format.read(content).provenance
    assert provenance["agreement"]["accuracy"] == found
    assert existing_file.prove(model, output).complaints == ()


@pytest.mark.usefixtures("converter")
def test_labels_that_are_no_classes_are_said(digits, thirty, tmp_path, capsys):
    (thirty / "nine").rename(thirty / "ten")
    flags = ("--quantize=float16", f"--calibration={thirty}")
    assert execute(digits, tmp_path / "a.tflite", *flags) == 0
    said = capsys.readouterr().out
    assert "\naccuracy" not in said
    assert "note        accuracy is not stated: the labels of the data ('eight', 'five', " in said
    assert "`slimhub evaluate` measures it" in said


def of_folder(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")
    images = [root / path for path in paths]
    return picture_labels.of_files(root, images, images)


def test_labels_of_folders(tmp_path):
    (tmp_path / "a" / "cow").mkdir(parents=True)  # a class without pictures counts
    found = of_folder(tmp_path / "a", "dog/1.png", "cat/x/2.png")
    assert (found.numbers, found.names) == ((2, 0), ("cat", "cow", "dog"))
    assert of_folder(tmp_path / "b", "10/1.png", "9/2.png").numbers == (10, 9)
    assert of_folder(tmp_path / "c", "1.png", "cat/2.png") == PictureLabels()


@pytest.mark.parametrize(
    ("paths", "problem"),
    [
        (("train/cat/1.png", "validation/cat/1.png"), r"have parts \(validation, train\)"),
        (("1/1.png", "01/1.png"), "the same number"),
        (("cat/1.png", ".cache/1.png"), "hidden"),
        (("train/cat/1.png", "train/dog/1.png"), r"in folders in 'train': name \S+/train if"),
    ],
)
def test_folders_that_may_not_be_classes(tmp_path, paths, problem):
    found = of_folder(tmp_path, *paths)
    with pytest.raises(UnknownClassesError, match=problem):
        true_classes.find(found, "data", (), np.eye(10))


def test_labels_of_records(digit_data, tmp_path):
    read = own_pictures.read(digit_data.records, 8)
    assert len(read.labels.numbers) == len(read.images) == 256
    assert read.labels.names == ()
    png = next(digit_data.named.rglob("*.png")).read_bytes()
    target = tmp_path / "a.tfrecord"
    write_records(target, [example(png, 3), example(png, 0)])
    (tmp_path / "labels.txt").write_text("0:zero\n1:one\n")
    found = own_pictures.read(target, 8).labels
    assert (found.numbers, found.names) == ((3, 0), ("zero", "one"))
    (tmp_path / "labels.txt").write_text("0:zero\n\n")
    assert "labels.txt" in own_pictures.read(target, 8).labels.problem


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            ("flowers/a.tfrecord", "pets/b.tfrecord"),
            r"several folders \(.*flowers', .*pets'\)",
        ),
        (("d_train_0.tfrecord", "validation-0.tfrecord"), r"several parts \(validation, train\)"),
        (("d_train_0.tfrecord", "d_train_1.tfrecord", "d_trainer-2.tfrecord"), ""),
    ],
)
def test_records_of_several_data_sets_have_no_common_names(tmp_path, files, problem):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).with_name("labels.txt").write_text(f"0:{name[0]}\n1:other\n")
    found = picture_labels.of_records([(tmp_path / name, 1) for name in files])
    if problem:
        with pytest.raises(UnknownClassesError, match=problem):
            true_classes.find(found, "data", (), np.eye(10))
    else:
        assert found == PictureLabels((1, 1, 1), ("d", "other"))


def test_hidden_files_are_left_out(digit_data, tmp_path):
    first, second, *_ = sorted(digit_data.numbered.rglob("*.png"))
    for number, file in enumerate((first, second)):
        (tmp_path / "data" / str(number)).mkdir(parents=True)
        shutil.copy(file, tmp_path / "data" / str(number))
    (tmp_path / "data" / "1" / "._cat.jpg").write_bytes(b"\0\5\x16\7")
    found = own_pictures.read(tmp_path / "data", 8)
    assert (found.found, found.labels.numbers) == (2, (0, 1))


def answers_to(numbers, shift=0):
    return np.eye(10)[(np.array(numbers) + shift) % 10]


@pytest.mark.parametrize(
    ("numbers", "names", "shift", "problem"),
    [
        ([0, 1, 12], (), 0, "the label 12 of the data is not one of the 10 classes"),
        ([0, -1, 2], (), 0, "1 of 3 pictures without a label"),
        ([0, 1, 2], ("x", "y", "z"), 0, r"\('x', 'y', 'z'\) cannot be matched with the 10 classes"),
        (
            list(range(9)) * 9,
            (),
            1,
            "wrongly: with them top-1 is 0.0%, with another match 10",
        ),
        ([0, 1, 2], (), 5, "what guessing gives"),
    ],
)
def test_labels_are_not_guessed(numbers, names, shift, problem):
    labels = PictureLabels(tuple(numbers), names)
    with pytest.raises(UnknownClassesError, match=problem):
        true_classes.find(labels, "data", TEN, answers_to(numbers, shift))


@pytest.mark.parametrize("answer", [7, 3])
def test_one_class_says_nothing_about_accuracy(answer):
    labels = PictureLabels((7,) * 9)
    with pytest.raises(UnknownClassesError, match="all pictures are of one class"):
        true_classes.find(labels, "data", TEN, answers_to([answer] * 9))


@pytest.mark.parametrize("names", [("images",), tuple("abcdefghi")])
def test_a_background_is_not_guessed(names):
    """Of an artifact without names."""
    width = len(names) + 1
    labels = PictureLabels(tuple(range(len(names))) * 5, names)
    answers = np.eye(width)[np.array(labels.numbers) + 1]
    with pytest.raises(UnknownClassesError, match=r"cannot be matched|the background or not"):
        true_classes.find(labels, "data", (), answers)


def test_data_without_labels():
    assert true_classes.find(PictureLabels(), "data", TEN, np.eye(10)) is None
