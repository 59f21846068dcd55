"""Feature vectors on disk, and what classifiers make of them."""

import numpy as np
import pytest

from slimhub.common.errors import EvaluationError, ExportError, RequestError
from slimhub.evaluate import (
    EvaluationRequest,
    evaluation,
    feature_probe,
    feature_vectors,
    features,
)
from slimhub.evaluate.datasets import dataset
from slimhub.evaluate.models.saved_model_runner import SavedModelRunner

parquet = pytest.importorskip("pyarrow.parquet", reason="no pyarrow: extra evaluate")
sklearn = pytest.importorskip("sklearn.linear_model", reason="no scikit-learn: extra evaluate")


@pytest.fixture(scope="module")
def extractor(sample_artifact):
    """The sample's features, loaded once."""
    return SavedModelRunner(sample_artifact("feature_vector"))


@pytest.fixture
def table(digit_data, tmp_path):
    """Every other digit is for learning."""
    rows = digit_data.table.read_text().splitlines()[1:]
    parts = [
        f"{digit_data.table.parent / row},{('train', 'test')[n % 2]}" for n, row in enumerate(rows)
    ]
    path = tmp_path / "digits.csv"
    path.write_text("\n".join(["path,label,split", *parts]))
    return path


def request(extractor, table, **more):
    options = {"split": "test", "train_split": "train", "preprocessing": "resize", **more}
    return EvaluationRequest(str(extractor.folder), str(table), **options)


def test_features_are_evaluated_by_what_learns_from_them(extractor, table):
    wanted = request(extractor, table)
    found = evaluation.measure(extractor, wanted.dataset(), wanted)
    record = found.record
    assert record.method == "linear probe"
    assert (record.count, record.train.count, record.train.split) == (180, 180, "train")
    vectors = {}
    for split in ("train", "test"):
        part = request(extractor, table, split=split).dataset()
        ((_, vectors[split]),) = feature_vectors.extract(
            extractor, {0: part.shards[0]}, "resize", 32
        )
    train, test = vectors["train"], vectors["test"]
    mean, spread = train.vectors.mean(0, np.float64), train.vectors.std(0, dtype=np.float64)
    spread[spread == 0] = 1
    own = sklearn.LogisticRegression(max_iter=1000)
    own.fit((train.vectors - mean) / spread, train.labels)
    assert record.top1 == own.score((test.vectors - mean) / spread, test.labels) > 0.9
    unit = [
        one.vectors / np.linalg.norm(one.vectors, axis=1, keepdims=True) for one in (train, test)
    ]
    nearest = np.argsort(-(unit[1] @ unit[0].T), axis=1)[:, :20]
    votes = [np.bincount(train.labels[row], minlength=10).argmax() for row in nearest]
    assert record.neighbors == pytest.approx(np.mean(votes == test.labels), abs=0.006)


def test_what_cannot_be_learned_from_is_refused(extractor, model, table, digit_data):
    for changes, message in (
        ({"train_split": None}, "has features, not logits: name the part of the data"),
        ({"train_split": "test"}, "are the same pictures"),
        ({"jobs": 2}, "features are computed in this process"),
    ):
        wanted = request(extractor, table, **changes)
        with pytest.raises(RequestError, match=message):
            evaluation.measure(extractor, wanted.dataset(), wanted)
    wanted = request(model, table)
    with pytest.raises(RequestError, match="does not apply to artifact, which is a classifier"):
        evaluation.measure(model, wanted.dataset(), wanted)


def test_classes_that_were_not_learned_are_refused():
    train = np.eye(4, dtype=np.float32)
    for labels, asked, message in (
        ([0, 0, 0, 0], [0], "of one class only"),
        ([0, 1, 0, 1], [2], "none of the label 2"),
    ):
        with pytest.raises(EvaluationError, match=message):
            feature_probe.probe(train, np.array(labels), train[:1], np.array(asked))
    two = feature_probe.probe(train, np.array([3, 7, 3, 7]), train, np.array([3, 7, 3, 7]))
    assert two.logits.shape == (4, 2)
    assert (two.logits.argmax(1) == two.places).all()


def test_vectors_are_written_once(extractor, digit_data, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "SHARD", 100)
    output = tmp_path / "digits.parquet"
    wanted = EvaluationRequest(str(extractor.folder), str(digit_data.named), preprocessing="resize")
    taken = []

    def interrupt(done, total):
        taken.append(done)
        if done > 250:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="2 of 4 shards are done and kept: the same comma"):
        features.write(wanted, str(output), on_pictures=interrupt)
    assert sorted(path.name for path in output.iterdir()) == [
        "part-00000.parquet",
        "part-00001.parquet",
    ]
    found = features.write(wanted, str(output))
    assert (found.count, found.width, found.parts, found.resumed) == (360, 128, 4, 2)
    rows = parquet.read_table(output).to_pydict()
    assert rows["id"][0] == "eight/008.png"
    assert (rows["class"][0], rows["label"][0]) == ("eight", 0)
    last = {3: wanted.dataset().shards[3]}
    ((_, whole),) = feature_vectors.extract(extractor, last, "resize", 32)
    assert rows["vector"][300:] == whole.vectors.tolist()
    other = EvaluationRequest(str(extractor.folder), str(digit_data.named))
    with pytest.raises(RequestError, match="vectors of another artifact, of other data or made"):
        features.write(other, str(output))


def test_an_output_that_cannot_be_is_refused(extractor, digit_data, tmp_path):
    wanted = EvaluationRequest(str(extractor.folder), str(digit_data.named))
    (tmp_path / "a.parquet").write_text("")
    for output, message in (
        ("x.csv", r"has to end in \.parquet"),
        (str(tmp_path / "a.parquet"), "is not a folder"),
        (str(extractor.folder / "a.parquet"), "inside the artifact"),
        (str(digit_data.named / "a.parquet"), "inside the data"),
    ):
        with pytest.raises(RequestError, match=message):
            features.write(wanted, output)
    (tmp_path / "b.parquet" / "part-00000.parquet").parent.mkdir()
    (tmp_path / "b.parquet" / "part-00000.parquet").write_text("PAR1")
    with pytest.raises((RequestError, ExportError), match="holds vectors of another artifact"):
        features.write(wanted, str(tmp_path / "b.parquet"))
