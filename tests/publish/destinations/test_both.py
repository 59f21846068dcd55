"""What is true of Kaggle and Hugging Face alike: the real clients against local servers."""

import pytest

from slimhub import export, publish
from slimhub.export import record
from slimhub.publish.destinations import licenses
from slimhub.publish.destinations.huggingface.huggingface_repository import HuggingFace
from slimhub.publish.destinations.kaggle.kaggle_models import Kaggle
from slimhub.publish.pages.checker import grammar
from slimhub.publish.pages.publisher_texts import PublisherTexts
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
        (401, "rejected the credentials: pass others as"),
        (403, "denied access: pass credentials that can write to"),
        (404, ": check its spelling"),
        (429, "reached its rate limit: wait a few minutes and publish again"),
        (500, "had a server error: publish again later"),
    ],
)
def test_refusals_are_one_sentence(hub, pack, waits, status, said):
    package = pack()
    plan = hub.plan(package)
    hub.place.fail("", status, times=100)
    with pytest.raises(publish.PublishError, match=said) as refused:
        hub.destination.send(package, plan, lambda *_: None)
    message = str(refused.value)
    assert f"HTTP status {status}" in message
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
        publish.PublishError, match=r"lost the connection to .* \(look for the .*, 4 times"
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
    with pytest.raises(export.RequestError, match=r"no (credentials|token) for .* pass it"):
        hub.destination.check_credentials()
    assert hub.place.seen == []


def test_a_plan_needs_no_credentials(hub, pack, monkeypatch):
    package = pack(license="apache-2.0")
    first = hub.plan(package)
    asked = len(hub.place.seen)
    for name in ("KAGGLE_API_TOKEN", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert hub.destination.plan(package, asks=False) == first
    assert len(hub.place.seen) == asked


def test_unknown_licenses_are_refused(hub, pack):
    with pytest.raises(
        export.RequestError, match=r"does not have the license 'mine': pass one of .*apache-2.0"
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


def test_every_license_of_the_page_is_known_to_hugging_face():
    assert grammar.ids("license") - set(licenses.HUGGING_FACE) <= {"cddl-1.0", "lgpl-2.0"}


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("kaggle://owner/model", "is not kaggle://OWNER/MODEL/tensorFlow2/VARIATION"),
        ("kaggle://owner/model/keras/v", "framework 'keras' .* must be tensorFlow2"),
        ("kaggle://owner/model/tensorFlow2/v/3", "ends in '3', but Kaggle numbers versions itself"),
        ("kaggle://Owner/model/tensorFlow2/v", "the owner 'Owner' .* lowercase"),
        ("kaggle://owner/m_1/tensorFlow2/v", "the model 'm_1' .* lowercase"),
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
        ("hf://owner/-name", "the name '-name' .* must be at most 96 letters"),
        ("hf://owner/a--b", "the name 'a--b' "),
        ("hf://owner/a.git", "the name 'a.git' "),
        (f"hf://owner/{'n' * 97}", "at most 96"),
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
        f"kept {name}, which may describe another version: pass `overwrite_card` to replace it",
    )
    assert name not in plan.cards
    texts, name = readme_of(hub)
    assert texts[name] == edited


def card_of(hub):
    """The text that `readme_of` finds."""
    texts, name = readme_of(hub)
    return texts[name] if isinstance(texts[name], str) else texts[name].decode()


def test_what_the_publisher_said_is_kept_for_the_version(hub, pack):
    said = PublisherTexts(description="Tells roses from tulips.")
    hub.publish(pack(texts=said, license="mit"))
    assert hub.plan(pack()).changes == ()
    other = PublisherTexts(training_data="3,670 photos")
    plan, _ = hub.publish(pack(texts=other))  # no `overwrite_card`: the card was not edited
    assert plan.result == "page"
    assert len(contents(hub)) == 1
    for text in ("Tells roses from tulips.", "3,670 photos", "mit"):
        assert text in card_of(hub)
    plan, _ = hub.publish(pack(OTHER))
    assert plan.notes == (
        "`description`, `license`, `training_data` of the earlier version are not carried over: "
        "pass what is true of this one",
    )
    assert "Tells roses" not in card_of(hub)


def test_an_edited_card_is_not_changed_by_a_new_text(hub, pack):
    hub.publish(pack())
    texts, name = readme_of(hub)
    texts[name] += "mine" if isinstance(texts[name], str) else b"mine"
    plan = hub.plan(pack(texts=PublisherTexts(description="Tells roses from tulips.")))
    assert name not in plan.cards
    assert plan.notes[0].startswith(f"kept {name}")
