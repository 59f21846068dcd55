"""What only Hugging Face does."""

import pytest

from slimhub import export, publish

OTHER = {"saved_model.pb": b"other" * 20_000}


@pytest.fixture
def face(start):
    return start("hf")


def repository(face):
    (found,) = face.place.repositories.values()
    return found


def send(face, package, plan):
    face.destination.send(package, plan, lambda *_: None)


def commit_theirs(face):
    """A commit of somebody else on main."""
    repository(face)["commits"].append({"oid": "7" * 40, "files": {"theirs": b"theirs"}})


def test_a_tag_that_somebody_made_meanwhile_is_left_alone(face, pack):
    face.publish(pack())
    package = pack(OTHER)
    plan = face.plan(package)
    commit_theirs(face)
    repository(face)["tags"]["v2"] = 2
    with pytest.raises(publish.PublishError, match=r"somebody made v2 .* left unchanged"):
        send(face, package, plan)
    assert len(repository(face)["commits"]) == 3


def test_a_tag_that_somebody_makes_at_the_end_is_left_alone(face, pack):
    plan = face.plan(package := pack())
    create = face.place._tag

    def create_theirs_first(request, repository, rest):
        repository["tags"].setdefault("v1", 0)
        create(request, repository, rest)

    face.place._tag = create_theirs_first
    with pytest.raises(publish.PublishError, match=r"somebody made v1 .* left unchanged"):
        send(face, package, plan)


def test_a_commit_that_somebody_made_meanwhile_is_left_alone(face, pack):
    face.publish(pack())
    package = pack(OTHER)
    plan = face.plan(package)
    batch = face.place._batch

    def commit_first(request, **options):
        commit_theirs(face)
        batch(request, **options)

    face.place._batch = commit_first
    with pytest.raises(publish.PublishError, match=r"somebody changed main .* left unchanged"):
        send(face, package, plan)
    assert repository(face)["commits"][-1]["files"] == {"theirs": b"theirs"}
    assert list(repository(face)["tags"]) == ["v1"]


@pytest.mark.parametrize("name", ["/commit/", "/tag/"])
def test_a_lost_answer_is_no_change_of_others(face, pack, name):
    face.publish(pack())
    package = pack(OTHER | {"assets/labels.txt": None})
    face.place.fail(name, is_lost=True)
    face.publish(package)
    assert not face.place.faults[0].times
    assert len(repository(face)["commits"]) == 3
    assert "assets/labels.txt" not in repository(face)["commits"][-1]["files"]


def test_a_password_of_the_endpoint_is_not_told(face, pack, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", face.place.url.replace("://", "://user:s3cret@"))
    package = pack()
    plan, _ = face.publish(package)
    assert plan.url.endswith("/owner/net/tree/v1")
    assert "s3cret" not in repr(plan)
    face.place.fail("", 418, times=100)
    with pytest.raises(publish.PublishError) as refused:
        face.plan(package)
    assert "HTTP status 418" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_small_files_are_told_with_the_commit(face, pack):
    package = pack()
    plan = face.plan(package)
    face.place.fail("/commit/", 500, times=100)
    told = []
    with pytest.raises(publish.PublishError, match="commit: HTTP status 500"):
        face.destination.send(package, plan, lambda *each: told.append(each))
    whole = {name for name, done, total in told if done == total}
    assert whole == {"saved_model.pb", "variables/variables.data-00000-of-00001"}


def test_a_card_that_is_not_taken_is_told_before_anything_is_sent(face, pack):
    face.place.fail("/api/validate-yaml", 400)
    with pytest.raises(publish.PublishError, match=r"Hugging Face says: .*check README.md"):
        face.plan(pack())
    assert face.place.repositories == {}


@pytest.mark.parametrize("dataset", ["a/b/c", "", "two words", "a//b", "-a", "https://a"])
def test_datasets_that_cannot_be_are_refused(face, pack, dataset):
    with pytest.raises(export.RequestError, match="is not NAME or OWNER/NAME"):
        face.destination.check(pack(dataset=dataset))
    assert face.place.seen == []


def test_a_client_that_is_offline_is_told(face, pack, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(export.RequestError, match=r"HF_HUB_OFFLINE .* unset it to publish"):
        face.destination.check_credentials()


def test_a_card_of_a_newer_version_is_not_overwritten(face, pack):
    face.publish(pack(handle="me/net/1"))
    face.publish(pack(OTHER, handle="me/net/2"))
    first = {"saved_model.pb": b"graph" * 20_000}
    assert face.plan(pack(first, handle="me/net/1")).changes == ()
    with pytest.raises(publish.PublishError, match="belongs to v2, which is newer than v1: leave"):
        face.plan(pack(first, handle="me/net/1", overwrite_card=True))


def test_the_card_of_a_version_loads_that_version(face, pack):
    face.publish(pack())
    face.publish(pack(OTHER))
    assert b'revision="v2"' in repository(face)["commits"][-1]["files"]["README.md"]


def test_files_of_other_formats_come_and_go_with_their_version(face, pack, tmp_path):
    lite, onnx = tmp_path / "a.tflite", tmp_path / "b.onnx"
    lite.write_bytes(b"lite" * 1000)
    onnx.write_bytes(b"onnx" * 1000)
    package = pack(also={".tflite": lite, ".onnx": onnx})
    plan, _ = face.publish(package)
    uploaded = {change.name: change.file for change in plan.changes if change.action == "upload"}
    assert uploaded["model.tflite"].bytes == 4000
    files = repository(face)["commits"][-1]["files"]
    assert files["model.tflite"] == lite.read_bytes()
    assert files["model.onnx"] == onnx.read_bytes()
    card = files["README.md"].decode()
    assert "- tflite\n- onnx\n" in card
    assert 'Interpreter(f"{path}/model.tflite")' in card
    assert 'InferenceSession(f"{path}/model.onnx")' in card
    assert face.plan(package).changes == ()

    face.publish(pack(OTHER, also={".onnx": onnx}))
    files = repository(face)["commits"][-1]["files"]
    assert "model.tflite" not in files  # it was made from the version before
    assert "model.tflite" not in files["README.md"].decode()
    assert files["model.onnx"] == onnx.read_bytes()


@pytest.mark.parametrize("handle", [None, "me/net/1"])
def test_a_version_keeps_its_files_of_other_formats(face, pack, tmp_path, handle):
    (tmp_path / "a.tflite").write_bytes(b"lite")
    face.publish(pack(also={".tflite": tmp_path / "a.tflite"}, handle=handle))
    assert face.plan(pack(handle=handle)).changes == ()
    plan, _ = face.publish(pack(handle=handle, license="apache-2.0"))
    assert [(change.action, change.name) for change in plan.changes] == [("write", "README.md")]
    files = repository(face)["commits"][-1]["files"]
    assert files["model.tflite"] == b"lite"
    assert "model.tflite" in files["README.md"].decode()
    assert list(repository(face)["tags"]) == ["v1"]
    other = {"saved_model.pb": b"other"}
    face.publish(pack(other, handle=handle and "me/net/2"))
    assert "model.tflite" not in repository(face)["commits"][-1]["files"]
