"""The linter: what the hub's checker accepts, and what it refuses."""

import subprocess
import sys

import pytest

from slimhub import export
from slimhub.publish.pages.checker import grammar, linter
from tests.fixtures.support import REPOSITORY

PAGE = """\
# Module google/imagenet/inception_v1/classification/5
Says what is in a picture.
In two lines.

<!-- asset-path: https://example.org/models/5.tar.gz -->
<!-- dataset: imagenet-ilsvrc-2012-cls -->
<!-- fine-tunable: true -->
<!-- format: saved_model_2 -->
<!-- task: image-classification -->

## Overview

Anything.
"""
LITE = """\
# Lite google/spice/tflite/1
Finds the pitch.

<!-- asset-path: legacy -->
<!-- parent-model: google/spice/1 -->
"""
TFJS = LITE.replace("# Lite", "# Tfjs")
CORAL = LITE.replace("# Lite", "# Coral")
PLACEHOLDER = "# Placeholder google/spice/2\nFinds the pitch.\n\n<!-- task: audio-embedding -->\n"
PUBLISHER = "# Publisher some-publisher\nMaker of models.\n\n[![Icon URL]](https://x/icon.png)\n"
COLLECTION = """\
# Collection google/small&zwnj;/1
Small networks.

<!-- task: image-classification -->

## Networks

  * [one](https://tfhub.dev/google/imagenet/inception_v1/classification/5)
"""
HANDLE = "google/imagenet/inception_v1/classification/5"
ASSET = "https://example.org/models/5.tar.gz"
DATASET = "<!-- dataset: imagenet-ilsvrc-2012-cls -->\n"
TASK = "<!-- task: image-classification -->"


def changed(old, new, page=PAGE):
    assert page.count(old) == 1
    return page.replace(old, new)


def added(line, page=PAGE, after=DATASET):
    return changed(after, f"{after}{line}\n", page)


ACCEPTED = {
    "module": PAGE,
    "lite": LITE,
    "tfjs": TFJS,
    "coral": CORAL,
    "placeholder": PLACEHOLDER,
    "publisher": PUBLISHER,
    "publisher without more": "# Publisher google\nMaker of models.\n",
    "collection": COLLECTION.replace("&zwnj;", ""),
    "first line broken for looks": changed("/inception_v1", "/&zwnj;inception_v1"),
    "empty line before the description": changed("5\nSays", "5\n\nSays"),
    "no empty line after the description": changed("lines.\n\n", "lines.\n"),
    "description like a heading": changed("In two", "## In two"),
    "description of blanks": changed("Says what is in a picture.\nIn two lines.", " "),
    "repeated dataset": added("<!-- dataset: cifar-10 -->"),
    "repeated task": added("<!-- task: image-feature-vector -->"),
    "repeated architecture": added(
        "<!-- network-architecture: inception-v1 -->\n<!-- network-architecture: cnn -->"
    ),
    "repeated language": added("<!-- language: en -->\n<!-- language: de -->"),
    "the same twice": added("<!-- format: saved_model_2 -->"),
    "no blanks": changed("<!-- task: image-classification -->", "<!--task:image-classification-->"),
    "many blanks": changed(TASK, "<!--   task :   image-classification   -->"),
    "empty lines between": added("\n\n"),
    "metadata at the end": PAGE.split("\n## ")[0],
    "legacy": changed(ASSET, "legacy"),
    "internal": changed(ASSET, "internal"),
    "a path": changed(ASSET, "/models/5.tar.gz"),
    "a query like an archive": changed(ASSET, f"{ASSET}?as=x.tar.gz"),
    "github, not a release": changed(ASSET, "https://github.com/x/raw/main/5.tar.gz"),
    "tunable, perhaps": changed("true", "perhaps"),
    "old format": changed("saved_model_2", "hub"),
    "colab": added("<!-- colab: https://colab.research.google.com/x.ipynb -->"),
    "license": added("<!-- license: apache-2.0 -->"),
    "visualizer": added("<!-- interactive-visualizer: vision -->"),
    "dots in the name": changed("inception_v1", "inception.v-1"),
    "metadata below a heading": PAGE + "<!-- task: cooking -->\n<!-- cook: me -->\n",
    "demo of tfjs": added("<!-- demo: https://x.org -->", TFJS, "<!-- asset-path: legacy -->\n"),
    "collection linking a lite model": changed(
        "tfhub.dev/google/", "tfhub.dev/google/lite-model/", COLLECTION.replace("&zwnj;", "")
    ),
    "page without a last newline": PAGE[:-1],
}

# Page, and the line of its first complaint.
REFUSED = {
    "nothing": ("", 1),
    "no heading": ("Module google/x/1\n", 1),
    "another kind": (changed("# Module", "# Modul"), 1),
    "kind in lower case": (changed("# Module", "# module"), 1),
    "two blanks": (changed("# Module ", "# Module  "), 1),
    "second level": (changed("# Module", "## Module"), 1),
    "empty line first": (f"\n{PAGE}", 1),
    "byte order mark": (f"\ufeff{PAGE}", 1),
    "publisher in capitals": (changed("google/", "Google/"), 1),
    "publisher with underscore": (changed("google/", "goo_gle/"), 1),
    "no name": (changed(HANDLE, "google/5"), 1),
    "no version": (changed("/5\n", "\n"), 1),
    "version with letters": (changed("/5\n", "/v5\n"), 1),
    "empty part": (changed("imagenet/inception", "imagenet//inception"), 1),
    "blank in the handle": (changed("/5\n", "/5 \n"), 1),
    "entity in the handle": (changed("inception_v1", "inception&nbsp;v1"), 1),
    "line ends of Windows": (PAGE.replace("\n", "\r\n"), 1),
    "no description": (changed("Says what is in a picture.\nIn two lines.\n\n", ""), 2),
    "no description but an empty line": (
        changed("Says what is in a picture.\nIn two lines.\n", ""),
        3,
    ),
    "two empty lines first": (changed("5\nSays", "5\n\n\nSays"), 3),
    "publisher's name alone": ("# Publisher google\n", 2),
    "publisher ends in the description": ("# Publisher google\nMaker", 2),
    "publisher in capitals, too": ("# Publisher Google\nMaker.\n", 1),
    "publisher with a task": (f"{PUBLISHER}{TASK}\n", 5),
    "text among metadata": (added("This is no metadata."), 7),
    "second paragraph of description": (changed("two lines.", "two lines.\n\nMore."), 5),
    "indented metadata": (changed(TASK, f" {TASK}"), 9),
    "blank after metadata": (changed(TASK, f"{TASK} "), 9),
    "metadata on two lines": (changed("task: image", "task:\nimage"), 9),
    "no colon": (changed("task: ", "task "), 9),
    "two on a line": (changed(DATASET, DATASET.strip()), 6),
    "carriage return in metadata": (changed(TASK, f"{TASK}\r"), 9),
    "blanks on a line": (added("  "), 7),
    "image": (added("![picture](x.png)"), 7),
    "no asset path": (changed(f"<!-- asset-path: {ASSET} -->\n", ""), 5),
    "no task": (changed(f"{TASK}\n", ""), 5),
    "no format": (changed("<!-- format: saved_model_2 -->\n", ""), 5),
    "not told if tunable": (changed("<!-- fine-tunable: true -->\n", ""), 5),
    "no metadata at all": ("# Module google/x/1\nText.\n\n## Overview\n", 3),
    "unknown key": (added("<!-- cook: me -->"), 7),
    "key of old pages": (changed("task:", "module-type:"), 5),
    "demo of a module": (added("<!-- demo: https://x.org -->"), 7),
    "parent of a module": (added("<!-- parent-model: google/x/1 -->"), 7),
    "two formats": (added("<!-- format: hub -->"), 9),
    "two asset paths": (added("<!-- asset-path: legacy -->"), 7),
    "two licenses": (added("<!-- license: mit -->\n<!-- license: apache-2.0 -->"), 8),
    "unknown dataset": (changed("2012-cls", "2013-cls"), 6),
    "dataset by its name": (changed("imagenet-ilsvrc-2012-cls", "ImageNet"), 6),
    "unknown task": (changed(TASK, "<!-- task: image-cooking -->"), 9),
    "task of no domain": (changed(TASK, "<!-- task: classification -->"), 9),
    "unknown format": (changed("saved_model_2", "saved_model_3"), 8),
    "unknown language": (added("<!-- language: zz -->"), 7),
    "unknown license": (added("<!-- license: Apache-2.0 -->"), 7),
    "unknown architecture": (added("<!-- network-architecture: Inception V1 -->"), 7),
    "unknown visualizer": (added("<!-- interactive-visualizer: tv -->"), 7),
    "empty value": (added("<!-- license: -->"), 7),
    "zip": (changed(".tar.gz", ".zip"), 5),
    "tar": (changed(".tar.gz", ".tar"), 5),
    "query": (changed(".tar.gz", ".tar.gz?x=1"), 5),
    "release on github": (changed(ASSET, "https://github.com/x/releases/download/1/5.tar.gz"), 5),
    "old value in capitals": (changed(ASSET, "Legacy"), 5),
    "archive for lite": (changed("legacy", "https://x/1.tar.gz", LITE), 4),
    "lite for tfjs": (changed("legacy", "https://x/1.tflite", TFJS), 4),
    "archive for coral": (changed("legacy", "https://x/1.tar.gz", CORAL), 4),
    "lite without parent": (changed("<!-- parent-model: google/spice/1 -->\n", "", LITE), 4),
    "lite with a task": (f"{LITE}<!-- task: audio-embedding -->\n", 6),
    "lite with a demo": (f"{LITE}<!-- demo: https://x.org -->\n", 6),
    "placeholder with an asset": (f"{PLACEHOLDER}<!-- asset-path: legacy -->\n", 5),
    "placeholder without a task": ("# Placeholder google/spice/2\nFinds.\n", 3),
    "colab elsewhere": (added("<!-- colab: https://example.org/x.ipynb -->"), 7),
    "colab without TLS": (added("<!-- colab: http://colab.research.google.com/x -->"), 7),
    "colab that is no URL": (added("<!-- colab: https://x]y -->"), 7),
    "demo without TLS": (f"{TFJS}<!-- demo: http://x.org -->\n", 6),
    "collection without models": (COLLECTION.replace("tfhub.dev", "example.org"), 6),
    "collection by http": (COLLECTION.replace("https", "http"), 6),
    "collection linking a publisher": (
        changed("/imagenet/inception_v1/classification/5", "", COLLECTION),
        6,
    ),
    "collection without a task": (changed(f"{TASK}\n", "", COLLECTION), 3),
    "collection with a license": (changed(TASK, f"{TASK}\n<!-- license: mit -->", COLLECTION), 5),
    "collection without a version": (changed("&zwnj;/1", "", COLLECTION), 1),
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_hub_accepts_has_no_complaints(text):
    assert linter.check(text) == []


@pytest.mark.parametrize(("text", "line"), REFUSED.values(), ids=REFUSED)
def test_what_the_hub_refuses_is_refused_with_the_line(text, line):
    complaints = linter.check(text)
    assert complaints
    assert complaints[0].line == line
    assert len(complaints[0].message) > 15
    assert "\n" not in complaints[0].message


def test_the_corpus_is_large():
    assert len({text for text, _ in REFUSED.values()}) >= 40


def test_every_complaint_is_told_from_top_to_bottom():
    text = changed(TASK, "<!-- task: image-cooking -->").replace("2012", "2013")
    text = text.replace("<!-- format: saved_model_2 -->\n", "\n")
    assert [complaint.line for complaint in linter.check(text)] == [5, 6, 9]


def test_a_near_id_is_offered():
    (complaint,) = linter.check(added("<!-- license: Apache-2.0 -->"))
    assert "apache-2.0" in complaint.message


PLACES = [
    (PAGE, f"assets/docs/google/models/{HANDLE[7:]}.md", True),
    (PAGE, f"assets/docs/{HANDLE}.md", True),
    (PAGE, f"/home/me/google/models/{HANDLE[7:]}.md", True),
    (PAGE, "page.md", True),
    (PAGE, "/home/me/models/page.md", True),
    (PAGE, f"/home/me/models/google/models/{HANDLE[7:]}.md", True),
    (PAGE, "assets/docs/page.md", False),
    (PAGE, "google/models/imagenet/inception_v1/classification/4.md", False),
    (PAGE, "google/models/imagenet/inception_v2/classification/5.md", False),
    (PAGE, f"goggle/models/{HANDLE[7:]}.md", False),
    (PAGE, f"/home/me/models/{HANDLE}.md", True),  # in a hub whose folder is called models
    (PAGE, f"/home/me/models/{HANDLE[:-1]}4.md", False),
    (PAGE, f"assets/docs/google/models/{HANDLE[7:]}.mdz", False),
    (PAGE, f"google/collections/{HANDLE[7:]}.md", False),
    (LITE, "google/models/spice/tflite/lite/1.md", True),
    (LITE, "google/models/spice/tflite/1.md", False),
    (TFJS, "google/models/spice/tflite/tfjs/1.md", True),
    (CORAL, "google/models/spice/tflite/coral/1.md", True),
    (PLACEHOLDER, "google/models/spice/2.md", True),
    (PUBLISHER, "assets/docs/some-publisher/some-publisher.md", True),
    (PUBLISHER, "assets/docs/some-publisher/publisher.md", False),
    (COLLECTION, "google/collections/small/1.md", True),
    (COLLECTION, "google/collections/small/2.md", False),
]


@pytest.mark.parametrize(("text", "path", "is_right"), PLACES)
def test_the_place_must_be_that_of_the_handle(text, path, is_right):
    complaints = linter.check(text.replace("&zwnj;", ""), path)
    assert [complaint.line for complaint in complaints] == ([] if is_right else [1])


def test_a_publisher_needs_a_page(tmp_path):
    page = tmp_path / "google" / "models" / f"{HANDLE[7:]}.md"
    page.parent.mkdir(parents=True)
    page.write_text(PAGE)
    (complaint,) = linter.check_file(str(page))
    assert complaint.line == 1
    assert f"write it as {tmp_path / 'google' / 'google.md'}" in complaint.message
    (tmp_path / "google" / "google.md").write_text("# Publisher google\nMaker.\n")
    assert linter.check_file(str(page)) == []


@pytest.mark.parametrize(("below", "has_index"), [(HANDLE, False), ("google/other/1", True)])
def test_a_hub_may_be_called_models(tmp_path, below, has_index):
    page = tmp_path / "work" / "models" / f"{below}.md"
    page.parent.mkdir(parents=True)
    page.write_text(PAGE)
    if has_index:
        (tmp_path / "work" / "models" / "index.json").write_text("{}")
    assert linter.check_file(str(page)) == []
    page.rename(page.with_name("7.md"))
    if not has_index:  # then it is a repository of pages, and this one is not in its place
        assert len(linter.check_file(str(page.with_name("7.md")))) == 2


def test_other_encodings_are_refused_with_the_line(tmp_path):
    (tmp_path / "page.md").write_bytes(PAGE.replace("two", "zwö").encode("latin-1"))
    (complaint,) = linter.check_file(str(tmp_path / "page.md"))
    assert (complaint.line, complaint.message[:12]) == (3, "is not UTF-8")


def test_a_file_that_is_not_there_is_a_wrong_request(tmp_path):
    for path in (tmp_path / "page.md", tmp_path):
        with pytest.raises(export.RequestError, match="cannot read the page"):
            linter.check_file(str(path))


def test_long_lines_are_answered_at_once():
    for line in ("<!--" + "- " * 5000, "<!--" + "a" * 10_000 + "-->", "# Module a/" + "a/" * 5000):
        linter.check(added(line))
        linter.check(f"{line}\nText.\n")
        linter.check(f"# Collection a/{'a/' * 5000}\nText.\n")


def test_the_lists_are_sound():
    keys = ("dataset", "format", "interactive-visualizer", "language", "license", "task")
    for key in (*keys, "network-architecture"):
        assert len(grammar.ids(key)) >= 3
        assert all(one == one.strip() for one in grammar.ids(key))
    assert {task.split("-")[0] for task in grammar.ids("task")} == {
        "audio",
        "image",
        "text",
        "video",
    }


def test_the_linter_needs_neither_tensorflow_nor_jinja2():
    program = (
        "import sys; sys.modules['jinja2'] = None\n"
        "from slimhub.publish.pages.checker import linter; linter.check_file('README.md')\n"
        "print('tensorflow' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert output.stdout == "False\n"
