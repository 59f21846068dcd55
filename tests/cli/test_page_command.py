"""`slimhub page` as a process."""

import json
import re
import stat
import subprocess
from pathlib import Path

import pytest

from tests.fixtures import records
from tests.fixtures.commands import run, run_light

HANDLE = "google/imagenet/mobilenet_v3_small_075_224/feature_vector/5"
SOUND = "# Publisher acme\nMaker of models.\n"


def test_the_page_of_an_exported_artifact(artifact, tmp_path):
    import tensorflow as tf

    made = artifact("mobilenet_v3_small_075_224")
    page = tmp_path / "google" / "models" / HANDLE.removeprefix("google/").replace("/5", "/5.md")
    words = [made.path, f"--handle={HANDLE}", "--license=apache-2.0", f"--output={page}"]
    finished = run("page", *words)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == f"{page}: the page of {HANDLE}\n"
    assert stat.S_IMODE(page.stat().st_mode) == 0o644
    text = page.read_text("utf-8")
    assert "exported with `--proof=none`" in text
    assert "ILSVRC" not in text

    # The table of endpoints is that of the artifact.
    outputs = made.load()(tf.zeros([1, 224, 224, 3]), return_endpoints=True)
    rows = re.findall(r"^\| `(\S+)` \| batch x ([0-9x ]+) \|", text, re.M)
    assert {"default", "MobilenetV3/layer_1", "MobilenetV3/global_pool"} <= {row[0] for row in rows}
    for name, shape in rows:
        assert shape.split(" x ") == [str(n) for n in outputs[name].shape[1:]], name
    inner = int(re.search(r"^(\d+) more are steps inside", text, re.M)[1])
    assert len(rows) + inner == len(outputs)

    (tmp_path / "google" / "google.md").write_text("# Publisher google\nMaker of models.\n")
    finished = run("page", "--check", str(page))
    assert (finished.returncode, finished.stdout) == (0, f"{page}: no complaints\n")

    page.write_text("mine")
    finished = run("page", *words)
    assert (finished.returncode, page.read_text()) == (2, "mine")
    assert "exists: name another --output, or give --overwrite" in finished.stderr
    finished = run("page", *words, "--overwrite")
    assert (finished.returncode, page.read_text("utf-8")) == (0, text)
    assert [path.name for path in page.parent.iterdir()] == ["5.md"]


@pytest.fixture
def folder(tmp_path):
    """An artifact without its SavedModel: pages are made of the record alone."""
    folder = tmp_path / "artifact"
    (folder / "assets.extra").mkdir(parents=True)
    (folder / "assets.extra" / "slimhub.json").write_text(records.make().text())
    return folder


def test_a_page_goes_to_stdout_at_once(folder):
    finished = run_light("page", str(folder), f"--handle={HANDLE}")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith(f"# Module {HANDLE}\n")
    assert finished.stderr == ""


def test_a_publisher_has_a_say(folder, tmp_path):
    use = tmp_path / "use.md"
    use.write_text("For gardens.\n")
    words = ["page", str(folder), f"--handle={HANDLE}", f"--intended_use={use}"]
    finished = run_light(*words, "--description=Sees roses.", "--training_data=My photos")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[1] == "Sees roses."
    assert "### Intended use\n\nFor gardens.\n" in finished.stdout
    assert "My photos" in finished.stdout
    refused = run("page", str(folder), f"--handle={HANDLE}", "--colab=https://example.org/x")
    assert (refused.returncode, "colab must lead to" in refused.stderr) == (2, True)
    refused = run("page", str(folder), f"--handle={HANDLE}", "--changelog=nowhere.md")
    assert (refused.returncode, "cannot read nowhere.md" in refused.stderr) == (2, True)


def test_a_damaged_record_fails(folder):
    (folder / "assets.extra" / "slimhub.json").write_text("{")
    finished = run("page", str(folder), f"--handle={HANDLE}")
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1
    assert "the record of the artifact is damaged" in finished.stderr


def test_the_output_stays_out_of_the_artifact(folder):
    for output in (folder / "page.md", folder, folder / "x" / ".." / "y" / "page.md"):
        finished = run("page", str(folder), f"--handle={HANDLE}", f"--output={output}")
        assert finished.returncode == 2
        assert "--output must" in finished.stderr
    (folder.parent / "file").touch()
    finished = run("page", str(folder), f"--handle={HANDLE}", f"--output={folder}/../file/x.md")
    assert finished.returncode == 1
    assert "cannot write" in finished.stderr


def test_pages_are_checked(tmp_path):
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text(SOUND)
    bad.write_text("# Publisher acme\n\n<!-- task: x -->\n")
    finished = run("page", "--check", str(bad), str(good))
    assert finished.returncode == 1
    first, second, third = finished.stdout.splitlines()
    assert first.startswith(f"{bad}:3: a Publisher page has no 'task'")
    assert second.startswith(f"{bad}:3: a line of description is missing")
    assert third == f"{good}: no complaints"
    finished = run("page", "--check", str(bad), str(good), "--format=json")
    assert finished.returncode == 1
    answer = json.loads(finished.stdout)
    assert [row["file"] for row in answer] == [str(bad), str(good)]
    assert [one["line"] for one in answer[0]["complaints"]] == [3, 3]
    assert answer[1]["complaints"] == []


REFUSED = [
    (
        ["page"],
        "name an ARTIFACT and its --handle, a --publisher or --collection, or pages to --check",
    ),
    (["page", "tests"], "pass the model's --handle"),
    (["page", "tests", "--handle=google/5"], "is not PUBLISHER/NAME/VERSION"),
    (["page", "tests", "--handle=a/b/1", "--output="], "--output must name a file"),
    (["page", "tests", "--handle=a/b/1", "--output=tests/x.md"], "outside the artifact"),
    (["page", "tests", "--handle=a/b/1", "--output=README.md"], "README.md exists"),
    (["page", "tests", "--handle=a/b/1", "--format=json"], "--format goes with --check"),
    (["page", "tests", "--check", "README.md"], "--check takes pages alone"),
    (["page", "--check", "README.mdx"], "cannot read the page README.mdx: No such file"),
    (["page", "--check"], "--check needs a value"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda value: str(value)[:60])
def test_refused_arguments_are_answered_at_once(arguments, message):
    finished = run(*arguments)
    assert finished.returncode == 2
    assert message in finished.stderr
    if "--format=json" in arguments:  # programs read the error there
        assert json.loads(finished.stdout)["exit_code"] == 2
    else:
        assert finished.stdout == ""
    assert "Traceback" not in finished.stderr


def test_a_folder_that_is_no_artifact_fails_at_once():
    finished = run_light("page", "tests", "--handle=a/b/1")
    assert finished.returncode == 2
    assert "tests is not a slimhub artifact" in finished.stderr


def test_help_answers_at_once():
    finished = run_light("page", "--help")
    assert finished.returncode == 0
    assert "usage: slimhub page" in finished.stdout


def test_pages_of_publishers_and_collections(tmp_path):
    docs = tmp_path / "docs"
    page = docs / "acme" / "acme.md"
    finished = run("page", "--publisher=acme", "--description=Maker.", f"--output={page}")
    assert (finished.returncode, page.read_text()) == (0, "# Publisher acme\nMaker.\n")
    collection = docs / "acme" / "collections" / "nets" / "1.md"
    words = ["--collection=acme/nets", "--description=All.", f"--output={collection}"]
    finished = run("page", *words, "--models", "acme/net/feature_vector/1")
    assert finished.returncode == 0, finished.stderr
    finished = run("page", "--check", str(page), str(collection))
    assert finished.returncode == 0, finished.stdout
    refused = run("page", *words[:2], "--models", "acme/net/feature_vector/1", "--publisher=acme")
    assert (refused.returncode, "name one of ARTIFACT" in refused.stderr) == (2, True)
    refused = run("page", *words[:2])
    assert (refused.returncode, "needs at least one model" in refused.stderr) == (2, True)


def test_a_page_is_judged_by_where_it_is(tmp_path):
    docs = tmp_path / "assets" / "docs"
    (docs / "google").mkdir(parents=True)
    (docs / "google" / "goggle.md").write_text(SOUND)
    finished = run("page", "--check", "google/goggle.md", cwd=docs)
    assert finished.returncode == 1, finished.stderr


def test_a_full_disk_is_one_sentence():
    with Path("/dev/full").open("w") as full:
        options = {"capture_output": False, "stdout": full, "stderr": subprocess.PIPE}
        finished = run("page", "--publisher=acme", "--description=Maker.", **options)
    assert finished.returncode == 1
    assert finished.stderr == "slimhub: No space left on device\n"
