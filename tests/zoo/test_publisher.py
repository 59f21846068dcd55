"""Publishing what a zoo has exported."""

import shutil
from pathlib import Path

import pytest

from slimhub.common.errors import ExportError, RequestError
from slimhub.publish import PublishError
from slimhub.publish.hub import index
from slimhub.zoo import Publication, publisher

HANDLE = "me/mobilenet_v1_025_128/feature_vector/1"


def files(hub):
    return {p: p.stat().st_mtime_ns for p in hub.rglob("*") if p.is_file()}


def test_once_published_it_is_there(artifact, tmp_path):
    folder, hub = Path(artifact().path), tmp_path / "hub"
    publication = Publication(f"hub:{hub}", HANDLE, page_options={"license": "apache-2.0"})
    publisher.check(publication, "feature_vector")
    assert publisher.send(publication, folder) == "new"
    before = files(hub)
    assert publisher.send(publication, folder) == "none"
    assert files(hub) == before
    at = Publication(f"hub:{hub}", HANDLE, url="https://models.example/")
    assert publisher.send(at, folder) == "page"
    assert index.read(hub).url == "https://models.example"


def test_what_changed_or_is_gone_is_published_again(artifact, tmp_path):
    folder, hub = Path(artifact().path), tmp_path / "hub"
    publisher.send(
        Publication(f"hub:{hub}", HANDLE, page_options={"license": "apache-2.0"}), folder
    )
    other = Publication(f"hub:{hub}", HANDLE, page_options={"license": "mit"})
    assert publisher.send(other, folder) == "page"
    assert "<!-- license: mit -->" in (hub / f"{HANDLE}.md").read_text()
    (hub / f"{HANDLE}.tar.gz").unlink()
    assert publisher.send(other, folder) == "repaired"
    assert (hub / f"{HANDLE}.tar.gz").is_file()
    assert publisher.send(other, folder) == "none"


def test_other_files_under_a_version_are_refused(artifact, tmp_path):
    publication = Publication(f"hub:{tmp_path / 'hub'}", HANDLE)
    publisher.send(publication, Path(artifact().path))
    copied = shutil.copytree(artifact().path, tmp_path / "copied")
    record = copied / "assets.extra" / "slimhub.json"
    record.write_text(record.read_text().replace("slimhub export", "slimhub  export"))
    with pytest.raises(PublishError, match="a version never changes"):
        publisher.send(publication, copied)


@pytest.mark.slow
def test_destinations_are_published_to(artifact, tmp_path):
    target = f"file://{tmp_path}/store"
    assert publisher.absolute(target, tmp_path / "elsewhere") == target
    publication = Publication(target, HANDLE)
    publisher.check(publication, "feature_vector")
    assert publisher.send(publication, Path(artifact().path)) == "new"
    assert (tmp_path / "store" / HANDLE / "saved_model.pb").is_file()
    assert publisher.send(publication, Path(artifact().path)) == "none"


def test_what_a_destination_has_no_use_for_is_refused():
    target = "kaggle://me/net/tensorFlow2/small"
    with pytest.raises(RequestError, match="`handle` does not apply to kaggle"):
        publisher.check(Publication(target, HANDLE), "feature_vector")
    publisher.check(Publication(target, None, page_options={"license": "mit"}), "feature_vector")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("hub:", "is neither hub:FOLDER nor a URL"),
        ("models", "is neither hub:FOLDER nor a URL"),
        ("ftp://me/x", "ftp"),
        ("kaggle://me", "kaggle"),
    ],
)
def test_targets_of_another_kind_are_refused(target, message, tmp_path):
    with pytest.raises(RequestError, match=message):
        publisher.absolute(target, tmp_path)


def test_an_interrupted_run_publishes_nothing_more(artifact, tmp_path, monkeypatch):
    from slimhub.publish.destinations import delivery
    from slimhub.zoo import zoo_worker

    def interrupted(*_):
        monkeypatch.setattr(zoo_worker, "_stopped", {"this run"})  # during the proof

    monkeypatch.setattr(delivery, "_prove", interrupted)
    publication = Publication(f"hub:{tmp_path / 'hub'}", HANDLE)
    watch = zoo_worker._Watch("this run")
    with pytest.raises(ExportError, match="the run was interrupted"):
        publisher.send(publication, Path(artifact().path), watch)
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("hub:hub", ("a.onnx", "a.tflite")),
        ("hf://me/net", ("a.onnx", "a.tflite")),
        ("s3://bucket/models", None),
        ("kaggle://me/net/tensorFlow2/small", None),
        ("kaggle://me/net/tfLite/small", ("a.tflite",)),
        ("kaggle://me/net/onnx/small", ("a.onnx",)),
    ],
)
def test_the_first_file_of_each_format_goes_with_an_artifact(monkeypatch, target, sent):
    found = []

    def deliver(artifact, target, options, progress):
        found.append(options.also and tuple(sorted(options.also)))
        raise PublishError("enough")

    monkeypatch.setattr(publisher.delivery, "deliver", deliver)
    also = ("a.tflite", "a.float16.tflite", "a.onnx")
    with pytest.raises(PublishError, match="enough"):
        publisher.send(Publication(target, None), Path("artifact"), also=also)
    assert found == [sent]
