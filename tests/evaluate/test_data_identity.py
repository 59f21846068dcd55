"""Figures and vectors of other data or labels are never taken for those of an evaluation."""

import dataclasses
import shutil

import pytest

from slimhub.common.errors import RequestError
from slimhub.evaluate import EvaluationRequest, evaluation, feature_evaluation, features
from slimhub.evaluate.datasets import dataset, dataset_kinds
from tests.fixtures.digit_data import example, write_records


def write_moved(path, pictures, step):
    """Records of the same size whose labels are off by a step."""
    write_records(
        path,
        [example(one.read_bytes(), (int(one.parent.name) + step) % 10) for one in pictures],
    )


def test_the_digest_changes_with_any_byte(few, tmp_path):
    pictures = sorted(few.glob("[1-8]/*.png"))
    (tmp_path / "records").mkdir()
    file = tmp_path / "records" / "a.tfrecord"
    digests = set()
    for step in (0, 1):
        write_moved(file, pictures, step)
        digests.add((file.stat().st_size, dataset_kinds.open_dataset(str(file)).sha256))
    assert len(digests) == 2
    assert len({size for size, _ in digests}) == 1
    before = dataset_kinds.open_dataset(str(few)).sha256
    content = bytearray(pictures[0].read_bytes())
    content[-1] ^= 1
    pictures[0].write_bytes(bytes(content))
    assert dataset_kinds.open_dataset(str(few)).sha256 != before


def test_shards_with_other_labels_are_computed_again(model, classifier, few, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "SHARD", 10)
    labels = [tmp_path / "numbers.txt", tmp_path / "moved.txt"]
    table = tmp_path / "few.csv"
    rows = [f"{path},{'abcdefghij'[int(path.parent.name)]}" for path in sorted(few.glob("*/*.png"))]
    table.write_text("\n".join(rows))
    labels[0].write_text("\n".join("jabcdefghi"))
    labels[1].write_text("\n".join("abcdefghij"))

    def request(number):
        options = {"label_offset": 0, "preprocessing": "resize"}
        return EvaluationRequest(str(classifier), str(table), labels=str(labels[number]), **options)

    def interrupt(done, total):
        if done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluation.measure(model, request(0).dataset(), request(0), interrupt)
    found = evaluation.measure(model, request(1).dataset(), request(1))
    assert found.record.top1 > 0.9


def test_parts_of_other_labels_or_larger_data_do_not_stay(
    sample_artifact, few, tmp_path, monkeypatch
):
    parquet = pytest.importorskip("pyarrow.parquet", reason="no pyarrow: extra evaluate")
    monkeypatch.setattr(dataset, "SHARD", 10)
    artifact, output = str(sample_artifact("feature_vector")), str(tmp_path / "digits.parquet")
    (few / "0" / "a.png").write_bytes(b"\x89PNG and nothing else")
    options = {"preprocessing": "resize", "max_bad": 0.1}
    first, again = (
        features.write(EvaluationRequest(artifact, str(few), **options), output) for _ in range(2)
    )
    assert again.resumed == 3
    assert [name for name, _ in again.damaged] == ["0/a.png"]
    assert again.damaged == first.damaged
    (tmp_path / "names.txt").write_text("\n".join("abcdefghij"))
    named = EvaluationRequest(artifact, str(few), labels=str(tmp_path / "names.txt"), **options)
    with pytest.raises(RequestError, match="vectors of another artifact, of other data or made"):
        features.write(named, output)
    for number in range(5):
        shutil.rmtree(few / str(number))
    smaller = EvaluationRequest(artifact, str(few), **options)
    with pytest.raises(RequestError, match=r"part-00001\.parquet is not of these data"):
        features.write(smaller, output)
    found = features.write(smaller, output, overwrite=True)
    assert found.count == parquet.read_table(output).num_rows == 10


def test_a_record_is_known_for_the_same_evaluation_alone(model, classifier, few, tmp_path):
    for number in range(1, 10):
        (few / str(number) / "a.png").write_bytes(b"\x89PNG and nothing else")
    options = {"preprocessing": "resize", "max_bad": 0.5}
    wanted = EvaluationRequest(str(classifier), str(few), **options)
    found = evaluation.measure(model, wanted.dataset(), wanted)
    found.record.write(found.path)
    assert wanted.known() == found.record
    (tmp_path / "names.txt").write_text("\n".join("abcdefghij"))
    for changes in (
        {"max_bad": 0.01},
        {"label_offset": 0},
        {"labels": str(tmp_path / "names.txt")},
    ):
        assert dataclasses.replace(wanted, **changes).known() is None, changes
    (few / "9" / "a.png").write_bytes(b"\x89PNG and nothing more")
    assert wanted.known() is None


def test_pictures_are_not_learned_from_and_tested_on(few, tmp_path):
    def opened(data, **options):
        request = EvaluationRequest("a", str(data), train_split="train", **options)
        return request, request.training_set(), request.dataset()

    first, *others = [f"{path},{path.parent.name}" for path in sorted(few.glob("*/*.png"))]
    table = tmp_path / "both.csv"
    rows = [f"{first},train", f"{first},test", f"{others[0]},train", f"{others[1]},test"]
    table.write_text("\n".join(["path,label,split", *rows]))
    with pytest.raises(RequestError, match=r"1 file of `split=test` .*\.png\. Classifiers"):
        feature_evaluation.check(*opened(table, split="test"))
    for split in ("train", "test"):
        write_moved(tmp_path / f"{split}_0.tfrecord", sorted(few.glob("*/*.png")), 0)
    write_moved(tmp_path / "test_1.tfrecord", sorted(few.glob("*/*.png")), 1)
    with pytest.raises(RequestError, match=r"`train_split=train`, too: test_0\.tfrecord"):
        feature_evaluation.check(*opened(tmp_path / "t*.tfrecord", split="test"))
    copy = tmp_path / "copy.png"
    shutil.copy(first.partition(",")[0], copy)
    table.write_text("\n".join(["path,label,split", f"{first},train", f"{copy},0,test"]))
    request, train, test = opened(table, split="test")
    assert feature_evaluation.check(request, train, test) is train
    assert "copies among the training" in feature_evaluation.note_of_copies(train, test)[0]
