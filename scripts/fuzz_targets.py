"""What `scripts.fuzz` feeds with bytes: everything that reads a file from elsewhere.

A target takes bytes and returns; of what it raises, only slimhub's own errors are allowed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from slimhub import nets
from slimhub.checkpoints import archives, names, state_files, string_table
from slimhub.checkpoints.string_table import TableError
from slimhub.common import foreign_files
from slimhub.common.errors import SlimhubError
from slimhub.export import labels
from slimhub.export.record import Record
from slimhub.publish.handle import Handle
from slimhub.publish.hub import index
from slimhub.publish.pages.checker import linter

_FOLDER = tempfile.TemporaryDirectory(prefix="slimhub-fuzz-")
_NETWORK = nets.get("mobilenet_v1_025_128").customized(num_classes=3)


def _file(data: bytes, name: str) -> Path:
    path = Path(_FOLDER.name, name)
    path.write_bytes(data)
    return path


def _read_page(data: bytes) -> None:
    linter.check(data.decode("utf-8", "replace"), "/a/acme/models/b/1.md")


def _read_names(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    names.step_of(text)
    names.prefix_of(text)
    names.expected_kind(text)
    Handle.parse(text)


def _read_manifest(data: bytes) -> None:
    from slimhub.zoo import manifest

    manifest.read(_file(data, "manifest.toml"))


def _read_record(data: bytes) -> None:
    place = Path(_FOLDER.name, "assets.extra")
    place.mkdir(exist_ok=True)
    (place / "slimhub.json").write_bytes(data)
    Record.read(_FOLDER.name)


def _read_index(data: bytes) -> None:
    index.parse(data, "fuzz")


def _read_labels(data: bytes) -> None:
    labels.choose(_file(data, "labels.txt"), "classification", _NETWORK)


def _read_state(data: bytes) -> None:
    state_files.prefix_of_file(_file(data, "checkpoint"))


def _read_graph(data: bytes) -> None:
    from slimhub.checkpoints.readers import graph_constants

    graph = graph_constants.parse(_file(data, "graph.pbtxt"))
    graph_constants.complain(graph, graph_constants.find_names(graph))


def _read_archive(data: bytes) -> None:
    archives.list_files(_file(data, "a.tar"), 1 << 20)


def _read_table(data: bytes) -> None:
    for _ in string_table.entries(_file(data, "model.index")):
        pass


def _read_json(data: bytes) -> None:
    foreign_files.parse_json(data)


_PAGE = b"# Module acme/a/1\n\nA model.\n\n<!-- asset-path: legacy -->\n\n## Overview\n"
_INDEX = b'{"format": 1, "url": "http://a", "models": {"a/b": [{"number": 1, "files": {}}]}}'
_RECORD = b'{"format": 1, "task": "feature_vector", "network": {"name": "a"}, "files": {}}'
_MANIFEST = b'[export.a]\nnetworks = ["mobilenet_v1_*"]\ncheckpoint = "a"\noutput = "b"\n'
_GRAPH = b'node { name: "a/weights" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } }'
_TABLE = bytes(13) + b"\x01\x00\x00\x00" + bytes(60) + bytes.fromhex("57fb808b247547db")

# Each with something to start from.
TARGETS: dict[str, tuple[Callable[[bytes], None], bytes]] = {
    "linter": (_read_page, _PAGE),
    "names": (_read_names, b"acme/model.ckpt-7/1"),
    "manifest": (_read_manifest, _MANIFEST),
    "record": (_read_record, _RECORD),
    "index": (_read_index, _INDEX),
    "labels": (_read_labels, b"0:cat\n1:dog\n2:cow\n"),
    "state": (_read_state, b'model_checkpoint_path: "model.ckpt-7"\n'),
    "pbtxt": (_read_graph, _GRAPH),
    "archive": (_read_archive, b"a.ckpt".ljust(124, b"\0") + b"0" * 388),
    "table": (_read_table, _TABLE),
    "json": (_read_json, b'{"a": [1, "b"]}'),
}


def feed(name: str, data: bytes) -> None:
    """Feeds a target.

    Args:
      name: of `TARGETS`.
      data: what its file holds.

    Raises:
      Exception: whatever is not one of slimhub's own errors.
    """
    target, _ = TARGETS[name]
    try:
        target(data)
    except (SlimhubError, TableError):
        pass
    except ValueError:
        if name != "json":  # whose error is a ValueError
            raise
