"""Files from elsewhere: what is not a regular file of a reasonable size is an error, at once."""

import ast
import os
from pathlib import Path

import pytest

from slimhub.common import foreign_files, paths
from slimhub.common.errors import RequestError
from tests.fixtures.support import REPOSITORY
from tests.test_house import product


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_file_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbftext")
    assert foreign_files.read(tmp_path / "a", 7) == b"\xef\xbb\xbftext"
    assert foreign_files.read_text(tmp_path / "a", "utf-8-sig") == "text"


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "pipe", "folder", "a\0b", "\ud800"])
def test_what_is_not_a_file_is_refused_at_once(tmp_path, pipe, path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError) as caught:  # noqa: PT011  whatever it says, it is one sentence
        foreign_files.read(f"{tmp_path}/{path}" if path[0] != "/" else path)
    assert caught.value.strerror


def test_a_large_file_is_refused(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OSError, match="larger than 1,000 bytes"):
        foreign_files.read(tmp_path / "a", 1000)


def test_a_circle_of_links_is_an_error(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match="symbolic links"):
        foreign_files.read(tmp_path / "a")
    assert paths.resolved(tmp_path / "a").parent == tmp_path


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 5000, "{", b"\xff", '"\0"'])
def test_json_beyond_reason_is_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011  the messages are those of json
        foreign_files.parse_json(text)


def test_an_unknown_user_is_one_sentence(monkeypatch):
    with pytest.raises(RequestError, match="without ~"):
        paths.expanded("~nobody-of-this-name/a")
    with pytest.raises(RequestError, match="NUL"):
        paths.expanded("a\0b")


def test_a_user_without_a_folder_is_none(monkeypatch):
    def fail():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", fail)
    assert paths.home() is None


# Reads of other things than files; of what the package holds; of what it has written itself.
OTHERS = ("reader.read_bytes", "network_match.resolve", "self._client.open", "file.read_text")
OWN = {"slimhub.common.foreign_files", "slimhub.common.paths", "slimhub.export.savedmodel.writer"}


def careless(path: Path) -> list[str]:
    """Calls that read a file, or follow a path, without care."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            text, name = ast.unparse(node), node.func.attr
            reads = name in ("read_text", "read_bytes") and "resources.files" not in text
            opens = name == "open" and "'rb'" in text and "opener" not in text
            follows = name in ("resolve", "expanduser", "home")
            if text.startswith(OTHERS):
                continue
            if (reads or opens or follows) and "foreign_files" not in text and "paths." not in text:
                found.append(text)
    return found


def test_all_files_are_opened_with_care():
    found = {name: careless(path) for name, path in product().items() if name not in OWN}
    found = {name: calls for name, calls in found.items() if calls}
    assert found == {}, REPOSITORY
