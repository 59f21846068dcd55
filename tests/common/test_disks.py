"""What a disk refuses is one sentence that says what is free."""

import errno
import os
import subprocess
from pathlib import Path

import pytest

from slimhub.common import disks
from slimhub.common.errors import ExportError, RequestError
from slimhub.export import staging


def explained(number: int, folder: Path) -> str:
    return disks.explain(OSError(number, os.strerror(number)), folder)


def test_a_full_disk_says_what_is_free(tmp_path):
    assert "MB are free" in explained(errno.ENOSPC, tmp_path / "not" / "there")


def test_a_quota_and_a_read_only_disk_are_told_apart(tmp_path):
    assert "your share" in explained(errno.EDQUOT, tmp_path)
    assert "nothing can be written" in explained(errno.EROFS, tmp_path)
    assert explained(errno.EACCES, tmp_path) == os.strerror(errno.EACCES)


def test_a_disk_without_inodes_is_told_apart(tmp_path, monkeypatch):
    found = list(os.statvfs(tmp_path))
    found[5:8] = [1000, 0, 0]  # f_files, f_ffree, f_favail
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(found))
    assert "another file, however small" in explained(errno.ENOSPC, tmp_path)
    with pytest.raises(ExportError, match="room for only 0: remove some files"):
        staging.check_room(tmp_path / "a", 1)


@pytest.fixture
def mounted(tmp_path):
    """Mounts a disk with options, where the tests run as root."""

    def mount(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(tmp_path)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("only root can mount a disk")
        return tmp_path

    yield mount
    subprocess.run(["umount", str(tmp_path)], capture_output=True)


def test_a_read_only_disk_is_refused_before_the_work(mounted):
    folder = mounted("ro")
    with pytest.raises(RequestError, match="Read-only file system: nothing can be written"):
        staging.check_target(folder / "a", overwrite=False)


def test_a_disk_without_inodes_is_refused_before_the_work(mounted):
    folder = mounted("nr_inodes=4")
    with pytest.raises(ExportError, match=r"needs 16 files, but the disk of .* room for only 3"):
        staging.check_room(folder / "a", 1)
