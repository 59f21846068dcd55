"""Publishing to a folder: all or nothing, whatever happens."""

import hashlib
import json
import random
import signal
import subprocess
import sys
import tarfile
import time

import filelock
import pytest

from slimhub import export, publish
from slimhub.publish.hub import hub_folder, index, journal
from slimhub.publish.pages.publisher_texts import PublisherTexts
from tests.fixtures import dask_clusters, hubs
from tests.fixtures.support import REPOSITORY
from tests.publish.conftest import HANDLE

MODEL = HANDLE.rpartition("/")[0]


def tree(hub):
    """Everything in a hub but what slimhub keeps for itself."""
    return {
        path.relative_to(hub).as_posix(): path.read_bytes()
        for path in sorted(hub.rglob("*"))
        if path.is_file() and path.relative_to(hub).parts[0] != journal.FOLDER
    }


def check_consistent(hub):
    """What the index names is there, whole, and nothing else is."""
    known = index.read(hub)
    expected = {"index.json", "index.html"} if known else set()
    for model, versions in (known.models if known else {}).items():
        parts = model.split("/")
        expected |= {f"{'/'.join(parts[:n])}/index.html" for n in range(1, len(parts) + 1)}
        for number, version in versions.items():
            handle = f"{model}/{number}"
            archive = hub / f"{handle}.tar.gz"
            assert (
                subprocess.run(
                    ["sha256sum", "--status", "--check", f"{number}.tar.gz.sha256"],
                    cwd=archive.parent,
                ).returncode
                == 0
            )
            with tarfile.open(archive) as members:
                assert {m.name for m in members if m.isfile()} == set(version.files)
            expected |= {f"{handle}/{name}" for name in version.files}
            expected |= {f"{handle}{e}" for e in (".tar.gz", ".tar.gz.sha256", ".md", ".html")}
            assert f"data-handle>{known.url}/{handle}" in (hub / f"{handle}.html").read_text()
    assert set(tree(hub)) == expected
    assert not (hub / journal.FOLDER / "journal.json").exists()
    assert not list((hub / journal.FOLDER).glob("stage-*"))


def test_a_version_is_published_once(artifact, put, tmp_path):
    hub = tmp_path / "hub"
    outcome = put(artifact().path, hub)
    assert (outcome.change, str(outcome.handle)) == ("new", HANDLE)
    check_consistent(hub)
    before = tree(hub)
    assert set(outcome.files) - {f"{HANDLE}/"} <= set(before)
    assert put(artifact().path, hub).change == "none"
    assert tree(hub) == before
    found = index.read(hub).models[MODEL][5]
    assert (found.task, found.network) == ("feature_vector", "mobilenet_v1_025_128")
    assert {f: (hub / HANDLE / f).stat().st_size for f in found.files} == {
        f: told.bytes for f, told in found.files.items()
    }


def test_other_bytes_under_a_version_are_refused(artifact, put, tmp_path):
    hub, model = tmp_path / "hub", "acme/net/feature_vector"
    put(artifact().path, hub, f"{model}/5")
    before = tree(hub)
    other = artifact("mobilenet_v1_050_128").path
    with pytest.raises(publish.PublishError, match=f"publish it as `handle={model}/6`"):
        put(other, hub, f"{model}/5")
    assert tree(hub) == before
    assert put(other, hub, f"{model}/6").change == "new"
    check_consistent(hub)
    old, new = (hub / f"{model}/{n}.html" for n in (5, 6))
    assert f'{model}/6.html">6</a>' in old.read_text()
    assert (hub / model / "index.html").read_bytes() == new.read_bytes()


@pytest.mark.parametrize("handle", [HANDLE, "acme/mobilenet_v1_025_128/1"])
def test_a_handle_names_no_other_network(artifact, put, tmp_path, handle):
    other = artifact("mobilenet_v1_050_128").path
    message = "names the network mobilenet_v1_025_128, but the artifact is mobilenet_v1_050_128"
    with pytest.raises(export.RequestError, match=message):
        put(other, tmp_path / "hub", handle)
    assert not (tmp_path / "hub").exists()


def test_a_page_alone_may_change(artifact, put, tmp_path):
    hub = tmp_path / "hub"
    put(artifact().path, hub)
    put(artifact().path, hub, "local/other/1")
    assert put(artifact().path, hub, url="https://models.example/hub/").change == "page"
    check_consistent(hub)
    assert index.read(hub).url == "https://models.example/hub"
    for handle in (HANDLE, "local/other/1"):
        page = (hub / f"{handle}.md").read_text()
        assert f"https://models.example/hub/{handle}.tar.gz" in page
        assert "localhost" not in page
    assert put(artifact().path, hub).change == "none"  # the address is kept


def test_a_dry_run_names_what_a_real_one_writes(artifact, put, tmp_path):
    hub = tmp_path / "hub"
    for handle, extra in ((HANDLE, set()), (f"{MODEL}/6", {f"{HANDLE}.html"})):
        before = tree(hub)
        destination, package, plan = hubs.begin(artifact().path, hub, handle)
        assert hub.exists() == bool(before)
        assert tree(hub) == before
        destination.send(package, plan, lambda *_: None)
        after = tree(hub)
        written = {change.name: change.file.sha256 for change in plan.changes}
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in after.items()}
        changed = {name for name in after if after[name] != before.get(name)}
        assert changed == set(written) >= extra
        assert written.items() <= digests.items()


def test_changed_artifacts_are_refused(copied, put, tmp_path):
    with (copied / "variables/variables.index").open("ab") as file:
        file.write(b"x")
    with pytest.raises(publish.PublishError, match=r"was modified after its export: variables/var"):
        put(copied, tmp_path / "hub")
    (copied / "assets.extra/slimhub.json").unlink()
    with pytest.raises(publish.PublishError, match=r"cannot read assets\.extra/slimhub\.json"):
        put(copied, tmp_path / "hub")
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize("what", ["file", "artifact", "other things", "index", "inside"])
def test_what_is_no_hub_is_refused(artifact, copied, put, tmp_path, what):
    hub = tmp_path / "hub"
    if what == "file":
        hub.write_text("x")
    elif what == "artifact":
        hub = copied
    elif what == "inside":
        hub = copied / "hub"
    else:
        hub.mkdir()
        (hub / ("index.json" if what == "index" else "letters")).write_text("{}")
    error = publish.PublishError if what == "index" else export.RequestError
    with pytest.raises(error, match=r"not a hub|not a folder|not the index of a hub|must be apart"):
        put(copied, hub)
    with pytest.raises(export.RequestError, match="must start with https"):
        put(artifact().path, tmp_path / "b", url="ftp://x")


def test_what_lies_in_the_way_is_not_replaced(artifact, put, tmp_path):
    hub = tmp_path / "hub"
    put(artifact().path, hub, "local/first/1")
    (hub / MODEL).mkdir(parents=True)
    (hub / f"{HANDLE}.md").write_text("mine")
    with pytest.raises(publish.PublishError, match=r"5\.md is there, but not in the index"):
        put(artifact().path, hub)
    assert (hub / f"{HANDLE}.md").read_text() == "mine"
    (hub / "local2").write_text("mine")
    with pytest.raises(publish.PublishError, match="is not a folder, so nothing"):
        put(artifact().path, hub, "local2/a/1")


# The command, but for the proof: what happens to the folder is none of its business. It comes
# after the plan, and before anything is sent.
PROGRAM = """
import resource, signal, sys
from slimhub.cli.main import run
from slimhub.publish.destinations import delivery

def prove(*_):
    PROOF

delivery._prove = prove
sys.argv[0] = "slimhub"
run()
"""


def run(folder, hub, handle, proof="pass"):
    program = PROGRAM.replace("PROOF", proof)
    command = [sys.executable, "-c", program, "publish", str(folder), f"hub:{hub}"]
    return subprocess.Popen(
        [*command, f"--handle={handle}"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_publishers_at_once_do_not_disturb_each_other(artifact, tmp_path):
    hub, folder = tmp_path / "hub", artifact().path
    handles = [f"local/model_{number % 3}/{number // 3 + 1}" for number in range(6)]
    running = [run(folder, hub, handle) for handle in handles]
    for process in running:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    check_consistent(hub)
    found = index.read(hub).models
    assert {f"{model}/{number}" for model in found for number in found[model]} == set(handles)


SLOW = """
import sys, time
from pathlib import Path
from slimhub.publish.hub import journal
from tests.fixtures import hubs

move = journal._move

def slow(*paths):
    time.sleep(0.6)
    move(*paths)

journal._move = slow
hubs.put(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
"""


@pytest.mark.parametrize("model", ["local/other", MODEL])
def test_a_publisher_with_a_slow_disk_is_waited_for(artifact, put, tmp_path, model):
    """Its moves take several seconds, in which another one plans."""
    hub, folder = tmp_path / "hub", artifact().path
    put(folder, hub, f"{MODEL}/1")
    command = [sys.executable, "-c", SLOW, folder, str(hub), f"{model}/2"]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        moving = hub / journal.FOLDER / journal.FILE
        dask_clusters.wait_until(lambda: moving.exists() or process.poll() is not None)
        assert moving.exists()
        outcome = put(folder, hub, f"{MODEL}/3")
        assert process.wait() == 0
    assert outcome.change == "new"
    assert {change.action for change in outcome.plan.changes} <= {"write", "replace"}
    check_consistent(hub)
    found = index.read(hub).models
    assert {f"{name}/{number}" for name in found for number in found[name]} == {
        *(f"{MODEL}/1", f"{model}/2", f"{MODEL}/3")
    }


def test_killed_at_any_moment_the_next_run_mends(artifact, put, tmp_path):
    hub, folder = tmp_path / "hub", artifact().path
    start = time.monotonic()
    run(folder, tmp_path / "timed", HANDLE).communicate()
    length = time.monotonic() - start
    moments = random.Random(1)
    seen = {"published": 0, "not": 0}
    for number in range(20):
        handle = f"{MODEL}/{number + 1}"
        process = run(folder, hub, handle)
        # Most of a run is its start; what it changes, it changes near its end.
        time.sleep(moments.uniform(0.3 if number % 4 else 0, 1.05) * length)
        process.kill()
        process.communicate()
        known = index.read(hub)  # a reader sees one state or the other at any time
        is_there = bool(known and number + 1 in known.models.get(MODEL, {}))
        seen["published" if is_there else "not"] += 1
        if is_there:
            assert (hub / f"{handle}.tar.gz").is_file()
            assert (hub / handle / "saved_model.pb").is_file()
        outcome = put(folder, hub, handle)
        left_over = {change.action for change in outcome.plan.changes}
        assert left_over <= {"complete", "clean"} or not is_there
        check_consistent(hub)
    assert seen["not"] > 0


def test_a_stage_without_a_publisher_is_removed_though_all_is_there(artifact, put, tmp_path):
    hub, folder = tmp_path / "hub", artifact().path
    put(folder, hub, HANDLE)
    stage = hub / journal.FOLDER / "stage-0123abcd"
    stage.mkdir()
    with filelock.FileLock(hub / journal.FOLDER / "lock"):
        assert not hub_folder.has_remains(hub)  # somebody is writing it
    outcome = put(folder, hub, HANDLE)
    assert [change.action for change in outcome.plan.changes] == ["clean"]
    check_consistent(hub)
    assert put(folder, hub, HANDLE).plan.changes == ()


@pytest.mark.parametrize("done", range(0, 12))
def test_a_journal_is_finished_from_any_move_on(artifact, put, tmp_path, done):
    """The moments that random ones rarely hit: between two moves."""
    hub = tmp_path / "hub"
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from slimhub.publish.hub import journal\n"
        "from tests.fixtures import hubs\n"
        "left, move = [int(sys.argv[3])], journal._move\n"
        "def counted(*paths):\n"
        "    if not left[0]: os.kill(os.getpid(), 9)\n"
        "    left[0] -= 1\n"
        "    move(*paths)\n"
        "journal._move = counted\n"
        "hubs.put(sys.argv[1], Path(sys.argv[2]), sys.argv[4])\n"
    )
    arguments = [artifact().path, str(hub), str(done), HANDLE]
    killed = subprocess.run([sys.executable, "-c", program, *arguments], cwd=REPOSITORY)
    assert killed.returncode in ((-signal.SIGKILL, 0) if done == 11 else (-signal.SIGKILL,))
    before = tree(hub)
    destination, package, plan = hubs.begin(artifact().path, hub, HANDLE)
    assert tree(hub) == before  # a plan completes nothing, but lists what is left
    assert {change.action for change in plan.changes} <= {"complete"}
    assert plan.result == ("repaired" if plan.changes else "none")
    if plan.changes:
        destination.send(package, plan, lambda *_: None)
        destination.confirm(package, plan)
    after = tree(hub)
    written = {change.name: change.file.sha256 for change in plan.changes}
    assert {n for n in after if after[n] != before.get(n)} == set(written)
    assert put(artifact().path, hub).change == "none"  # it was completed
    check_consistent(hub)


def test_an_interrupt_leaves_the_hub_as_it_was(artifact, put, tmp_path):
    hub = tmp_path / "hub"
    put(artifact().path, hub, "local/first/1")
    before = tree(hub)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = run(artifact().path, hub, HANDLE)
        while not list((hub / journal.FOLDER).glob("stage-*")):
            assert process.poll() is None
            time.sleep(0.001)
        process.send_signal(number)
        _, errors = process.communicate()
        if process.returncode:  # else it was too late
            assert process.returncode == code, errors
            said = "slimhub: interrupted; nothing was published\n"
            assert errors.endswith(said) == (number == signal.SIGINT)
            assert tree(hub) == before
        assert not list((hub / journal.FOLDER).glob("stage-*"))


def test_a_full_disk_leaves_the_hub_as_it_was(artifact, put, tmp_path):
    """The system refuses the write; a limit of the process stands for the end of the disk."""
    hub = tmp_path / "hub"
    put(artifact().path, hub, "local/first/1")
    before = tree(hub)

    limit = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))"
    )
    process = run(artifact().path, hub, HANDLE, limit)
    _, errors = process.communicate()
    assert process.returncode == 1
    said = errors.splitlines()[-1]
    assert said.startswith(f"slimhub: cannot write to {hub}: ")
    assert said.endswith("nothing was published")
    assert tree(hub) == before
    check_consistent(hub)


def test_a_reader_sees_one_state_or_the_other(artifact, tmp_path):
    hub, folder = tmp_path / "hub", artifact().path
    for number in range(1, 4):
        process = run(folder, hub, f"local/model/{number}")
        while process.poll() is None:
            if (hub / "index.json").exists():
                content = json.loads((hub / "index.json").read_text())
                for version in content["models"].get("local/model", []):
                    folder_of_it = hub / f"local/model/{version['number']}"
                    files = {path.name for path in folder_of_it.iterdir()}
                    assert {"saved_model.pb", "variables", "assets.extra"} <= files
        assert process.returncode == 0
    check_consistent(hub)


def test_what_is_damaged_is_restored(copied, tmp_path, put):
    hub = tmp_path / "hub"
    put(copied, hub)
    whole = {path: path.read_bytes() for path in hub.rglob("*") if path.is_file()}
    archive, data = hub / f"{HANDLE}.tar.gz", hub / HANDLE / "saved_model.pb"
    archive.write_bytes(archive.read_bytes()[:1000])
    data.unlink()
    (hub / f"{HANDLE}.html").unlink()
    outcome = put(copied, hub)
    assert outcome.change == "repaired"
    assert outcome.files == [
        f"{HANDLE}.tar.gz", f"{HANDLE}/saved_model.pb", f"{HANDLE}.html"
    ]  # fmt: skip
    assert {path: path.read_bytes() for path in hub.rglob("*") if path.is_file()} == whole
    assert put(copied, hub).change == "none"


def test_license_and_data_stay_unless_others_are_given(copied, tmp_path, put):
    hub = tmp_path / "hub"
    put(copied, hub, license="mit", dataset="coco-2017")
    assert put(copied, hub).change == "none"
    page = hub / f"{HANDLE}.md"
    assert "<!-- license: mit -->\n" in page.read_text()
    assert "<!-- dataset: coco-2017 -->\n" in page.read_text()
    assert put(copied, hub, license="apache-2.0").change == "page"
    assert "<!-- license: apache-2.0 -->\n" in page.read_text()


def test_texts_of_the_publisher_stay_until_they_are_taken_back(copied, tmp_path, put):
    hub = tmp_path / "hub"
    texts = PublisherTexts(description="Sees *roses*.", changelog="* Trained longer.")
    put(copied, hub, texts=texts)
    page = hub / f"{HANDLE}.md"
    for text in ("\nSees \\*roses\\*.\n", "\n* Trained longer.\n"):
        assert text in page.read_text()
    assert "Sees *roses*." in (hub / "index.html").read_text()
    assert put(copied, hub).change == "none"
    assert put(copied, hub, license="mit", texts=PublisherTexts(changelog="")).change == "page"
    assert "\nSees \\*roses\\*.\n" in page.read_text()
    assert "* Trained longer." not in page.read_text()
    assert index.read(hub).models[MODEL][5].texts == {"description": "Sees *roses*."}


def test_an_address_reaches_every_page(copied, tmp_path, put):
    hub = tmp_path / "hub"
    for handle in ("acme/a/1", "acme/a/2", "acme/b/1"):
        put(copied, hub, handle)
    for url in ("https://one.example", "https://two.example/models"):
        put(copied, hub, "acme/a/1", url=url)
        models = json.loads((hub / "index.json").read_text())["models"]
        told = {f"{m}/{v['number']}": v["metadata"] for m, all_ in models.items() for v in all_}
        for handle, metadata in told.items():
            archive = f"{url}/{handle}.tar.gz"
            assert metadata["asset-path"] == [archive]
            text = (hub / f"{handle}.md").read_text()
            assert f"<!-- asset-path: {archive} -->\n" in text
            assert f'hub.KerasLayer("{archive}"' in text.replace("\n", "")


def test_a_page_that_is_gone_is_named(copied, tmp_path, put):
    hub = tmp_path / "hub"
    for handle in ("acme/a/1", "acme/a/2"):
        put(copied, hub, handle)
    (hub / "acme/a/1.md").unlink()
    with pytest.raises(
        publish.PublishError, match=r"acme/a/1\.md: No such .* publish acme/a/1 again"
    ):
        put(copied, hub, "acme/a/2", license="mit")
    assert put(copied, hub, "acme/a/1").change == "page"


def test_a_sibling_is_linked_as_soon_as_it_is_there(artifact, tmp_path, put):
    hub, stem = tmp_path / "hub", "acme/net"
    put(artifact().path, hub, f"{stem}/feature_vector/1")
    page = hub / stem / "feature_vector" / "1.html"
    assert f"{stem}/classification" not in page.read_text()
    other = artifact(task="classification").path
    put(other, hub, f"{stem}/classification/1")
    assert f'<a href="../../../{stem}/classification/1.html">' in page.read_text()
    text = page.with_suffix(".md").read_text()
    link = f"[`{stem}/classification/1`](http://localhost:8080/{stem}/classification/1.html)"
    assert text.count(link) == 1
    other = hub / stem / "classification" / "1.html"
    assert f'<a href="../../../{stem}/feature_vector/1.html">' in other.read_text()
    put(artifact(task="classification").path, hub, f"{stem}/classification/2")
    assert page.with_suffix(".md").read_text() == text.replace("ation/1", "ation/2")
    check_consistent(hub)


def test_variants_are_linked_as_soon_as_they_are_there(artifact, tmp_path, put):
    hub, names = tmp_path / "hub", ("mobilenet_v1_025_128", "mobilenet_v1_050_128")
    first, second = (hub / f"acme/{name}/feature_vector/1.md" for name in names)
    put(artifact(names[0]).path, hub, f"acme/{names[0]}/feature_vector/1")
    assert f"| `{names[1]}` |" in first.read_text()
    put(artifact(names[1]).path, hub, f"acme/{names[1]}/feature_vector/1")
    for page, other in ((first, names[1]), (second, names[0])):
        url = f"http://localhost:8080/acme/{other}/feature_vector/1.html"
        assert page.read_text().count(f"| [`{other}`]({url}) |") == 2  # cost, and accuracy
        html = page.with_suffix(".html").read_text()
        assert f'<a href="../../../acme/{other}/feature_vector/1.html">' in html
    assert put(artifact(names[0]).path, hub, f"acme/{names[0]}/feature_vector/1").change == "none"


def test_a_refused_page_leaves_no_folder(copied, tmp_path, put):
    with pytest.raises(export.RequestError, match="foo"):
        put(copied, tmp_path / "new", license="foo")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("url", ["https://me:s3cret@host", "https://host/?token=s3cret", "http://"])
def test_an_address_holds_no_secret(copied, tmp_path, put, url):
    with pytest.raises(export.RequestError, match="must start with https://") as refusal:
        put(copied, tmp_path / "hub", url=url)
    assert "s3cret" not in str(refusal.value)
    assert not (tmp_path / "hub").exists()
