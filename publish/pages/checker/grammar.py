"""The grammar of documentation pages, as TensorFlow Hub's checker has it: kinds, keys and ids.

Taken from the checker's rules in github.com/tensorflow/tfhub.dev (tools/validator.py, tags/*.yaml);
`data/page_ids.json` says which versions the closed lists are from.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import json
import re
import urllib.parse
from importlib import resources

_PUBLISHER = r"(?P<publisher>[a-z\d-]+)"
_MODEL = rf"{_PUBLISHER}/(?P<name>[\w.-]+(/[\w.-]+)*)/(?P<version>\d+)"
_COLLECTION = rf"{_PUBLISHER}/(?P<name>(\w|-|/|&|;|\.)+)/(?P<version>\d+)"
_LISTED = ("dataset", "interactive-visualizer", "language", "license", "network-architecture")
REPEATABLE = frozenset({"dataset", "language", "network-architecture", "task"})
_OLD_ASSETS = ("legacy", "internal")  # stand on pages from before asset paths were checked
# The hub was not allowed to fetch these.
_UNFETCHED = re.compile(r"https://github\.com/.*/releases/download/.*")
_COLAB = "colab.research.google.com"


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of page.

    Attributes:
      name: first word of the page's first line.
      handle: pattern of what follows it.
      example: a handle.
      required: metadata that must be there.
      optional: metadata that may be there.
      suffix: end of its asset path, empty for kinds without one.
      folder: last folder of its file, empty for kinds that have none of their own.
    """

    name: str
    handle: str
    example: str
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    suffix: str = ""
    folder: str = ""


def _model(name: str, required: str, optional: str, suffix: str = "", folder: str = "") -> Kind:
    example = "google/imagenet/inception_v1/classification/5"
    keys = frozenset(required.split()), frozenset(optional.split())
    return Kind(name, _MODEL, example, *keys, suffix, folder)


_CONVERTED = "asset-path parent-model"
_KINDS = (
    _model(
        "Module",
        "asset-path fine-tunable format task",
        "colab dataset interactive-visualizer language license network-architecture",
        ".tar.gz",
    ),
    _model(
        "Placeholder",
        "task",
        "dataset fine-tunable interactive-visualizer language license network-architecture",
    ),
    _model("Lite", _CONVERTED, "colab interactive-visualizer", ".tflite", "lite"),
    _model("Tfjs", _CONVERTED, "colab demo interactive-visualizer", ".tar.gz", "tfjs"),
    _model("Coral", _CONVERTED, "colab interactive-visualizer", ".tflite", "coral"),
    Kind("Publisher", _PUBLISHER, "google"),
    Kind(
        "Collection",
        _COLLECTION,
        "google/inception/1",
        frozenset({"task"}),
        frozenset({"dataset", "language", "network-architecture"}),
    ),
)
KINDS = {kind.name: kind for kind in _KINDS}


@functools.cache
def ids(key: str) -> frozenset[str]:
    """The values that a key of the metadata may have.

    Args:
      key: one that has a closed list.

    Raises:
      KeyError: for any other key.
    """
    data = (
        resources.files("slimhub.publish.pages.checker")
        .joinpath("data/page_ids.json")
        .read_text("utf-8")
    )
    return frozenset(json.loads(data)["ids"][key])


def complaint(kind: Kind, key: str, value: str) -> str | None:
    """What is wrong with a value, and what to write instead; None where nothing is.

    Args:
      kind: of the page.
      key: one that the kind has.
      value: without the blanks around it.
    """
    if key in (*_LISTED, "task", "format"):
        return _unlisted(key, value)
    if key in ("colab", "demo"):
        return _no_link(key, value)
    if key == "asset-path":
        return _no_asset(kind, value)
    return None


def _unlisted(key: str, value: str) -> str | None:
    known = ids(key)
    if value in known:
        return None
    near = difflib.get_close_matches(value.lower(), known, n=3, cutoff=0.6)
    some = near or sorted(known)[:8]
    more = "" if near or len(known) == len(some) else ", …"
    return f"unknown {key} {value!r}: write one of the hub's ids, such as {', '.join(some)}{more}"


def _no_link(key: str, value: str) -> str | None:
    try:
        url = urllib.parse.urlparse(value)
    except ValueError:
        return f"{key} {value!r} is not a URL: write one that begins with https://"
    if url.scheme != "https":
        return f"{key} {value!r} must begin with https://"
    if key == "colab" and url.netloc != _COLAB:
        return f"colab must lead to https://{_COLAB}/, not to {url.netloc!r}"
    return None


def _no_asset(kind: Kind, value: str) -> str | None:
    if value in _OLD_ASSETS:
        return None
    if not value.endswith(kind.suffix):
        return (
            f"asset-path {value!r} must end in {kind.suffix}; {' and '.join(_OLD_ASSETS)} stand on "
            "old pages"
        )
    if _UNFETCHED.fullmatch(value):
        return "the hub cannot fetch releases from github.com: put the file elsewhere"
    return None
