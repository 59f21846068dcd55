"""Files: digests, comparing, and writing that is whole or not at all."""

import hashlib
import multiprocessing
import os
import time

import pytest

from slimhub.common import files
from slimhub.common.files import FileDigest


def test_a_digest_is_that_of_sha256sum(tmp_path):
    data = os.urandom(3 << 20)  # more than is read at once
    (tmp_path / "file").write_bytes(data)
    expected = FileDigest(len(data), hashlib.sha256(data).hexdigest())
    assert files.digest_file(tmp_path / "file") == expected
    assert files.sha256_of(tmp_path / "file") == expected.sha256
    (tmp_path / "text").write_text("späť\n", "utf-8")
    assert files.digest_text("späť\n") == files.digest_file(tmp_path / "text")


def test_a_folder_is_digested_by_relative_path(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "inner").write_text("x")
    (tmp_path / "a").write_text("y")
    found = files.digest_folder(tmp_path)
    assert list(found) == ["a", "b/c/inner"]
    assert list(files.digest_folder(tmp_path, without=("a",))) == ["b/c/inner"]


def test_what_changed_came_or_went_differs():
    before = {"same": 1, "changed": 1, "gone": 1}
    assert files.differing(before, {"same": 1, "changed": 2, "new": 1}) == [
        "changed",
        "gone",
        "new",
    ]
    assert files.differing(before, dict(before)) == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "made" / ("n" * 255)
    files.write_atomically(target, "one\r\n")
    assert target.read_bytes() == b"one\r\n"
    with pytest.raises(ZeroDivisionError), files.replacing(target) as stage:
        stage.write_text("two")
        raise ZeroDivisionError
    assert target.read_bytes() == b"one\r\n"
    assert os.listdir(tmp_path / "made") == [target.name]  # noqa: PTH208
    assert stage.parent.parent == target.parent  # on the same disk
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        files.write_atomically(tmp_path / "folder", "three")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "made"]


@pytest.mark.parametrize("name", ["a.tflite", "n" * 255])
def test_what_a_killed_run_was_writing_goes_with_the_next(tmp_path, name):
    target = tmp_path / name

    def write():
        with files.replacing(target) as stage:
            stage.write_text("half")
            stage.with_name("beside.tflite").write_text("half")
            os.utime(stage.parent, (0, 0))  # young ones stay
            told.send(None)
            time.sleep(60)

    told, heard = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=write)
    process.start()
    heard.recv()
    files.write_atomically(target, "other")
    assert len(list(tmp_path.iterdir())) == 2  # its owner lives
    process.kill()
    process.join()
    files.write_atomically(target, "mine")
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_text() == "mine"
