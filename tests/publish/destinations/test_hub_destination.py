"""A hub in a folder as a destination like the others: proved, planned, sent, confirmed."""

import dataclasses
import hashlib
import json
import shutil
import sys

import pytest

from slimhub import export, publish
from slimhub.common.files import FileDigest
from slimhub.export import record
from slimhub.publish import signing
from slimhub.publish.destinations import delivery
from slimhub.publish.hub import hub_folder, index, journal
from tests.fixtures import hubs
from tests.fixtures.commands import run
from tests.fixtures.recorded_progress import RecordedProgress
from tests.publish.conftest import HANDLE

MODEL = HANDLE.rpartition("/")[0]


@pytest.fixture
def hub(tmp_path):
    return tmp_path / "hub"


def deliver(folder, target, heard=None, **options):
    options = delivery.PublishOptions(**{"handle": HANDLE} | options)
    return delivery.deliver(folder, str(target), options, heard or RecordedProgress())


def state(folder):
    """Every file, with its time: a lock that is taken changes one as well."""
    return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def damaged(copied):
    """An artifact that is what its record says, and does not compute what it did."""
    path = copied / record.PATH
    content = json.loads(path.read_text())
    content["golden"]["output"]["sha256"] = "0" * 64
    path.write_text(json.dumps(content))
    return copied


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_fails_its_proof_is_not_published(artifact, put, damaged, hub, dry_run):
    with pytest.raises(publish.PublishError, match="copied fails its proof and was not published"):
        deliver(damaged, f"hub:{hub}", dry_run=dry_run)
    assert not hub.exists()
    put(artifact().path, hub)
    before = state(hub)
    with pytest.raises(publish.PublishError, match="fails its proof"):
        deliver(damaged, f"hub:{hub}", handle=f"{MODEL}/6", dry_run=dry_run)
    assert state(hub) == before


def test_a_dry_run_writes_nothing_and_lists_what_a_run_writes(artifact, hub):
    before = {}
    for handle in (HANDLE, f"{MODEL}/6"):
        planned = deliver(artifact().path, f"hub:{hub}", handle=handle, dry_run=True)
        assert (state(hub) if before else hub.exists()) == (before or False)
        heard = RecordedProgress()
        done = deliver(artifact().path, f"hub:{hub}", heard, handle=handle)
        assert heard.phases == list(delivery.PHASES)
        assert done == dataclasses.replace(planned, is_published=True)
        assert (done.target, done.plan.result) == (f"hub:{hub}", "new")
        written = {c.name: (c.file.bytes, c.file.sha256) for c in planned.plan.changes}
        after = state(hub)
        assert written == {
            path.relative_to(hub).as_posix(): (len(data), hashlib.sha256(data).hexdigest())
            for path, (time, data) in after.items()
            if before.get(path) != (time, data) and journal.FOLDER not in path.parts
        }
        copies = {n: size for n, (size, _) in written.items() if n.startswith(f"{handle}/")}
        assert {n: told for n, told in heard.sent.items() if n in copies} == {
            name: (size, size) for name, size in copies.items()
        }
        before = after
    heard = RecordedProgress()
    again = deliver(artifact().path, f"hub:{hub}", heard, handle=HANDLE)
    assert (again.plan.changes, again.plan.result, again.is_published) == ((), "none", True)
    assert heard.phases == [delivery.PHASES[0]]  # nothing is sent, so nothing is to be proved
    assert state(hub) == before


@pytest.mark.slow
def test_the_json_is_that_of_another_destination(artifact, hub, tmp_path):
    told = []
    for target in (f"hub:{hub}", f"file://{tmp_path}/store"):
        for words in (["--dry_run"], []):
            command = [artifact().path, target, f"--handle={HANDLE}", "--format=json", *words]
            finished = run("publish", *command)
            assert finished.returncode == 0, finished.stderr
            told.append(json.loads(finished.stdout))
    assert len({json.dumps(shape(one)) for one in told}) == 1
    assert [one["is_published"] for one in told] == [False, True, False, True]
    assert told[0]["files"] == told[2]["files"]
    assert told[0]["plan"] == told[1]["plan"]
    archive = hub / f"{HANDLE}.tar.gz"
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert told[0]["plan"]["notes"] == [
        f"{HANDLE}.tar.gz has {archive.stat().st_size / 1e6:.1f} MB, sha256 {digest}",
        f"serve it with: slimhub serve {hub}",
    ]


def shape(told):
    """The keys of a JSON object, without names of files."""
    return {"outcome": [*told], "plan": [*told["plan"]], "change": [*told["plan"]["changes"][0]]}


@pytest.mark.slow
def test_the_text_is_that_of_another_destination(artifact, hub):
    dry = run("publish", artifact().path, f"hub:{hub}", f"--handle={HANDLE}", "--dry_run")
    assert dry.returncode == 0, dry.stderr
    assert f"\ncard        {HANDLE}.md\n  | # Module {HANDLE}\n" in dry.stdout
    assert f"\nwould       write {HANDLE}.tar.gz, " in dry.stdout
    assert "file        saved_model.pb, " in dry.stdout
    address = f"http://localhost:8080/{HANDLE}"
    load = f'load it     hub.KerasLayer("{address}")'
    assert dry.stdout.splitlines()[-2:] == [f"address     {address}", load]
    for word, change in (("published  ", None), ("restored   ", "saved_model.pb")):
        if change:
            (hub / HANDLE / change).unlink()
        real = run("publish", artifact().path, f"hub:{hub}", f"--handle={HANDLE}")
        assert real.returncode == 0, real.stderr
        lines = real.stdout.splitlines()
        assert lines[-3:] == [
            f"note        serve it with: slimhub serve {hub}",
            f"{word} {address}",
            load,
        ]
        named = f"restored    {HANDLE}/{change}" if change else f"wrote       {HANDLE}.tar.gz"
        assert lines[0].startswith(f"{named}, ")


def test_results_of_publishing_again(artifact, put, hub):
    told = put(artifact().path, hub, license="mit").plan
    assert (told.result, told.cards.keys()) == ("new", {f"{HANDLE}.md"})
    told = put(artifact().path, hub, license="apache-2.0", url="https://models.example/").plan
    assert (told.result, told.url) == ("page", f"https://models.example/{HANDLE}.html")
    assert told.load == f'hub.KerasLayer("https://models.example/{HANDLE}.tar.gz")'
    assert {change.action for change in told.changes} == {"replace"}
    (hub / f"{HANDLE}.tar.gz").write_bytes(b"other")
    told = put(artifact().path, hub).plan
    assert [(c.action, c.name) for c in told.changes] == [("restore", f"{HANDLE}.tar.gz")]
    assert told.result == "repaired"


def test_without_a_handle_it_is_local(artifact, put, hub):
    put(artifact().path, hub, None)
    assert index.read(hub).under("local") == ["local/mobilenet_v1_025_128/feature_vector"]


def test_a_signature_that_holds_is_kept(artifact, keys, hub):
    results = []
    for key in (keys()[0], keys()[0]):
        results.append(deliver(artifact().path, f"hub:{hub}", sign=key).plan.result)
    assert results == ["new", "none"]
    assert signing.check(hub / HANDLE, keys()[1]).outcome == "passed"
    with pytest.raises(publish.PublishError, match="; only its signature differs"):
        deliver(artifact().path, f"hub:{hub}", sign=keys("other")[0])


def test_what_was_written_otherwise_is_found(artifact, hub):
    destination, package, plan = hubs.begin(artifact().path, hub, HANDLE)
    destination.send(package, plan, lambda *_: None)
    (hub / HANDLE / "saved_model.pb").write_bytes(b"other")
    with pytest.raises(publish.PublishError, match=r"5/saved_model\.pb in .* is not what was writ"):
        destination.confirm(package, plan)


def test_an_interrupt_says_what_is_there(artifact, hub, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    destination, package, plan = hubs.begin(artifact().path, hub, HANDLE)
    with pytest.raises(KeyboardInterrupt, match="nothing was published"):
        delivery._send(destination, package, plan, type("", (), {"transfer": interrupt})())
    assert not (hub / "index.json").exists()
    monkeypatch.setattr(journal.signal, "pthread_sigmask", late := Late())
    with pytest.raises(KeyboardInterrupt, match="it was published"):
        delivery._send(destination, package, plan, RecordedProgress())
    assert late.calls == 2
    destination.confirm(package, plan)


class Late:
    """Interrupts once the moves are made, as a signal does that came while they were."""

    calls = 0

    def __call__(self, *_):
        self.calls += 1
        if self.calls == 2:
            raise KeyboardInterrupt


def test_other_versions_may_come_after_the_plan(artifact, put, hub):
    destination, package, plan = hubs.begin(artifact().path, hub, HANDLE)
    put(artifact().path, hub, f"{MODEL}/6")
    destination.send(package, plan, lambda *_: None)
    destination.confirm(package, plan)
    assert sorted(index.read(hub).models[MODEL]) == [5, 6]


def test_the_archive_is_made_once_and_only_where_it_is_needed(artifact, put, hub, monkeypatch):
    made, write = [], hub_folder.bundle.write
    monkeypatch.setattr(
        hub_folder.bundle, "write", lambda *paths: made.append(paths) or write(*paths)
    )
    put(artifact().path, hub)
    assert len(made) == 1
    put(artifact().path, hub, license="mit")
    assert len(made) == 1


@pytest.mark.parametrize("package", ["jinja2", "markdown_it", "pygments", "filelock"])
def test_a_missing_extra_is_one_sentence(artifact, hub, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(export.RequestError, match=r"not installed: pip install 'slimhub\[hub\]'"):
        deliver(artifact().path, f"hub:{hub}")
    assert not hub.exists()


def test_a_folder_may_be_called_anything(copied, tmp_path, put):
    put(copied, tmp_path / "a?b=c @d")
    assert (tmp_path / "a?b=c @d" / "index.json").is_file()
    with pytest.raises(export.RequestError, match="the target 'hub:' is not hub:FOLDER"):
        deliver(copied, "hub:")


def test_a_copied_hub_goes_on(artifact, put, hub, tmp_path):
    """As a static host has it: without what slimhub keeps for itself."""
    put(artifact().path, hub)
    shutil.copytree(hub, tmp_path / "copy", ignore=shutil.ignore_patterns(journal.FOLDER))
    assert put(artifact().path, tmp_path / "copy").change == "none"
    assert put(artifact().path, tmp_path / "copy", f"{MODEL}/6").change == "new"


def test_an_interrupt_while_comparing_says_that_it_is_published(artifact, hub, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(delivery, "_prove", lambda *_: None)
    monkeypatch.setattr(hub_folder, "differing", interrupt)
    with pytest.raises(KeyboardInterrupt, match="it was published, but not compared"):
        deliver(artifact().path, f"hub:{hub}")
    assert index.read(hub).models[MODEL]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.update(url=None),
        lambda content: content.update(url="\ud800"),
        lambda content: content.update(models=[]),
        lambda content: content["models"]["a/b"][0].update(metadata=5),
        lambda content: content["models"]["a/b"][0]["archive"].update(sha256=None),
        lambda content: content["models"]["a/b"][0].update(number="1"),
    ],
)
def test_an_index_of_wrong_types_is_no_index(hub, damage):
    digest = FileDigest(1, "0" * 64)
    version = index.Version(1, "A model.", {"license": ["mit"]}, "net", "t", digest, {"f": digest})
    content = json.loads(index.Index(models={"a/b": {1: version}}).dump())
    assert index.parse(json.dumps(content).encode(), "i").models["a/b"][1] == version
    damage(content)
    with pytest.raises(publish.PublishError, match="i is not the index of a hub"):
        index.parse(json.dumps(content).encode(), "i")
