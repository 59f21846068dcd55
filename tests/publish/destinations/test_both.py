"""What is true of Kaggle and Hugging Face alike: the real clients against local servers."""

import pytest

from slimhub import export, publish
from slimhub.export import record
from slimhub.publish.destinations import licences
from slimhub.publish.destinations.huggingface.huggingface_repository import HuggingFace
from slimhub.publish.destinations.kaggle.kaggle_models import Kaggle
from slimhub.publish.pages.checker import grammar
from tests.fixtures import records
from tests.publish.destinations.conftest import TOKENS

OTHER = {"saved_model.pb": b"other" * 20_000}
KAGGLE_QUESTIONS = ("Get", "List", "Download", "read")
LARGEST = "variables/variables.data-00000-of-00001"


def contents(hub):
    """Files of all versions that are there."""
    if hasattr(hub.place, "models"):
        (model,) = hub.place.models.values()
        (instance,) = model["instances"].values()
        return instance["versions"]
    (repository,) = hub.place.repositories.values()
    numbers = sorted(repository["tags"].values())
    mine = ("README.md", ".gitattributes")
    files = [repository["commits"][number]["files"] for number in numbers]
    return [{n: d for n, d in found.items() if n not in mine} for found in files]


def local(package):
    return {name: (package.folder / name).read_bytes() for name in package.files}


def test_the_first_version(hub, pack):
    package = pack()
    hub.publish(package)
    assert contents(hub) == [local(package)]
    assert hub.place.tokens <= {f"Bearer {token}" for token in TOKENS.values()}


def test_the_same_bytes_again_change_nothing(hub, pack):
    hub.publish(pack())
    seen = len(hub.place.seen)
    plan = hub.plan(pack())
    assert plan.changes == ()
    assert plan.cards == {}
    assert all(map(is_question, hub.place.seen[seen:]))


def is_question(name):
    return name.startswith(("GET ", "HEAD ", "POST /api/validate-yaml", *KAGGLE_QUESTIONS))


def test_other_bytes_are_a_second_version(hub, pack):
    hub.publish(pack())
    first = contents(hub)[0]
    package = pack(OTHER)
    plan, _ = hub.publish(package)
    assert contents(hub) == [first, local(package)]
    assert plan.url.endswith(("/2", "/v2"))
    assert hub.plan(package).changes == ()


def test_a_file_of_the_same_size_may_differ(hub, pack):
    hub.publish(pack())
    package = pack({"variables/variables.index": b"xndei"})
    assert "variables/variables.index" in [change.name for change in hub.plan(package).changes]


def test_a_dry_run_changes_nothing(hub, pack):
    plan = hub.plan(pack(license="apache-2.0"))
    assert plan.changes
    assert all(map(is_question, hub.place.seen))
    assert hub.plan(pack(license="apache-2.0")) == plan


def test_progress_is_told_by_file(hub, pack):
    package = pack()
    plan, _ = hub.publish(package)
    sizes = {change.name: change.file.bytes for change in plan.changes if change.file}
    last = {name: (done, total) for name, done, total in hub.sent}
    assert last == {name: (size, size) for name, size in sizes.items()}
    steps = [done for name, done, _ in hub.sent if name == LARGEST]
    assert len(steps) > 3
    assert steps == sorted(steps)


def test_a_cut_connection_is_survived(hub, pack):
    package = pack()
    hub.place.fail(
        "PUT variables.data" if isinstance(hub.destination, Kaggle) else "PUT large",
        cut=200_000,
        after=0 if isinstance(hub.destination, Kaggle) else 1,
    )
    hub.publish(package)
    assert contents(hub) == [local(package)]
    assert not hub.place.faults[0].times


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "does not take the credentials: give others as"),
        (403, "does not allow it: give credentials that may write to"),
        (404, "knows no"),
        (429, "is asked too often: wait some minutes and publish again"),
        (500, "has a fault of its own: publish again later"),
    ],
)
def test_refusals_are_one_sentence(hub, pack, waits, status, said):
    package = pack()
    plan = hub.plan(package)
    hub.place.fail("", status, times=100)
    with pytest.raises(publish.PublishError, match=said) as refused:
        hub.destination.send(package, plan, lambda *_: None)
    message = str(refused.value)
    assert f"answer {status}" in message
    assert "\n" not in message
    assert not any(token in message for token in TOKENS.values())
    tries = hub.place.seen.count(hub.place.seen[-1])
    assert tries == (4 if status == 429 or (status == 500 and "repos" in hub.place.seen[-1]) else 1)


def test_a_busy_place_is_asked_again(hub, pack, waits):
    hub.place.fail("", 429, times=2, headers={"Retry-After": "7"})
    hub.place.fail("", 503, times=1)
    hub.publish(pack())
    assert waits[:2] == [7.0, 7.0]
    assert len(contents(hub)) == 1


def test_a_dead_place_is_told(hub, pack, waits):
    package = pack()
    hub.destination.check(package)
    hub.place.fail("", cut=0, times=100)
    with pytest.raises(
        publish.PublishError, match=r"connection to .* broke \(look for the .*, 4 times"
    ):
        hub.destination.plan(package)
    assert waits == [1.0, 2.0, 4.0]


def test_what_arrived_otherwise_is_found(hub, pack):
    package = pack()
    plan = hub.plan(package)
    hub.destination.send(package, plan, lambda *_: None)
    contents(hub)[0]["variables/variables.index"] = b"xndei"
    if not isinstance(hub.destination, Kaggle):
        (repository,) = hub.place.repositories.values()
        repository["commits"][-1]["files"]["variables/variables.index"] = b"xndei"
    with pytest.raises(
        publish.PublishError, match=r"is not what was sent: variables/variables.index"
    ):
        hub.destination.confirm(package, plan)


def test_missing_credentials_are_told(hub, pack, monkeypatch):
    for name in ("KAGGLE_API_TOKEN", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(
        export.RequestError, match=r"there (are|is) no (credentials|token) for .* give it"
    ):
        hub.destination.check(pack())
    assert hub.place.seen == []


def test_unknown_licences_are_refused(hub, pack):
    with pytest.raises(
        export.RequestError, match=r"has no licence 'mine': give one of .*apache-2.0"
    ):
        hub.destination.check(pack(license="mine"))


def test_a_signature_is_found_again(hub, pack):
    assert hub.destination.signature(pack()) is None
    signed = pack({record.SIGNATURE: b"signed"})
    hub.publish(signed)
    assert hub.destination.signature(pack()) == b"signed"
    assert hub.plan(signed).changes == ()


def test_cards_that_are_there_are_kept(hub, pack):
    own = pack(record=records.own(), dataset="flowers")
    hub.publish(own)
    assert hub.plan(pack(record=records.make())).cards == {}
    plan, _ = hub.publish(pack(record=records.make(), overwrite_card=True))
    assert plan.cards
    assert hub.plan(pack(record=records.make(), overwrite_card=True)).changes == ()


def test_every_licence_of_the_page_is_known_to_hugging_face():
    assert grammar.ids("license") - set(licences.HUGGING_FACE) <= {"cddl-1.0", "lgpl-2.0"}


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("kaggle://owner/model", "is not kaggle://OWNER/MODEL/tensorFlow2/VARIATION"),
        ("kaggle://owner/model/keras/v", "framework 'keras' .* must be tensorFlow2"),
        ("kaggle://owner/model/tensorFlow2/v/3", "ends in '3', but Kaggle numbers versions itself"),
        ("kaggle://Owner/model/tensorFlow2/v", "the owner 'Owner' .* lower case"),
        ("kaggle://owner/m_1/tensorFlow2/v", "the model 'm_1' .* lower case"),
        (f"kaggle://owner/m/tensorFlow2/{'v' * 51}", "the variation 'v+' .* 50 characters"),
        ("kaggle://owner//tensorFlow2/v", "the model '' "),
    ],
)
def test_targets_that_kaggle_would_refuse(target, said):
    with pytest.raises(export.RequestError, match=said):
        Kaggle.parse(target)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("hf://name", "is not hf://OWNER/NAME"),
        ("hf://datasets/owner", "is not hf://OWNER/NAME"),
        ("hf://owner/name@v5", "leave '@v5' out"),
        ("hf://owner/-name", "the name '-name' .* must be letters"),
        ("hf://owner/a--b", "the name 'a--b' "),
        ("hf://owner/a.git", "the name 'a.git' "),
        (f"hf://owner/{'n' * 97}", "96 at most"),
    ],
)
def test_targets_that_hugging_face_would_refuse(target, said):
    with pytest.raises(export.RequestError, match=said):
        HuggingFace.parse(target)


@pytest.mark.parametrize("target", ["kaggle://a-1/b/tensorFlow2/c-2", "hf://A.b/c_d-1.0"])
def test_targets_read_as_they_were_written(target):
    parse = Kaggle.parse if target.startswith("kaggle") else HuggingFace.parse
    assert str(parse(target)) == target


def readme_of(hub):
    """The text there that tells of a version, and what it is called."""
    if hasattr(hub.place, "models"):
        (model,) = hub.place.models.values()
        (instance,) = model["instances"].values()
        return instance, "overview"
    (repository,) = hub.place.repositories.values()
    return repository["commits"][-1]["files"], "README.md"


def publish_other(hub, pack):
    """A second version, of another checkpoint."""
    content = records.make(source=("model.ckpt-7", "mine.tgz"))
    return hub.publish(pack(OTHER, record=content))[0]


def test_a_card_of_ours_tells_of_the_newest_version(hub, pack):
    hub.publish(pack())
    plan = publish_other(hub, pack)
    texts, name = readme_of(hub)
    text = texts[name] if isinstance(texts[name], str) else texts[name].decode()
    assert name in plan.cards
    assert plan.notes == ()
    assert "model.ckpt-7" in text


def test_a_card_that_was_edited_is_kept_and_told(hub, pack):
    hub.publish(pack())
    texts, name = readme_of(hub)
    edited = b"# mine\n" if isinstance(texts[name], bytes) else "# mine"
    texts[name] = edited + texts[name]
    edited = texts[name]
    plan = publish_other(hub, pack)
    assert plan.notes == (
        f"kept {name}, which may tell of another version: `overwrite_card` replaces it",
    )
    assert name not in plan.cards
    texts, name = readme_of(hub)
    assert texts[name] == edited
