"""Archives: their bytes, their order, and who reads them."""

import hashlib
import os
import subprocess
import sys
import tarfile

import pytest

from slimhub import export, publish
from slimhub.publish import bundle


def test_two_archives_of_one_artifact_are_the_same_bytes(artifact, copied, tmp_path):
    first = bundle.write_with_digest(copied, tmp_path / "a.tar.gz", overwrite=False)
    for path in copied.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    second = bundle.write_with_digest(copied, tmp_path / "b.tar.gz", overwrite=False)
    assert first.path.read_bytes() == second.path.read_bytes()
    content = first.path.read_bytes()
    assert (first.sha256, first.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert content[4:8] == bytes(4)  # no time
    assert content[3] == 0  # no name
    check = ["sha256sum", "--check", "a.tar.gz.sha256"]
    assert subprocess.run(check, cwd=tmp_path, capture_output=True).returncode == 0


def test_folders_come_first_and_nobody_is_named(copied, tmp_path):
    bundle.write_with_digest(copied, tmp_path / "a.tar.gz", overwrite=False)
    with tarfile.open(tmp_path / "a.tar.gz", "r|gz") as archive:  # as a stream
        members = list(archive)
    folders, files = ["assets.extra", "variables"], [m.name for m in members if m.isfile()]
    assert [m.name for m in members] == folders + sorted(files)
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {(0, 0, "", "", 0)}
    assert {m.mode for m in members} == {0o755, 0o644}


def test_the_hubs_own_reader_unpacks_it(copied, tmp_path):
    bundle.write_with_digest(copied, tmp_path / "a.tar.gz", overwrite=False)
    program = (
        "import sys; from tensorflow_hub import resolver; archive = open(sys.argv[1], 'rb'); "
        "resolver.DownloadManager('x').download_and_uncompress(archive, sys.argv[2])"
    )
    (tmp_path / "unpacked").mkdir()
    arguments = [str(tmp_path / "a.tar.gz"), str(tmp_path / "unpacked")]
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, capture_output=True)
    assert contents(tmp_path / "unpacked") == contents(copied)


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "name", [".hidden", "notes.txt", "assets/.hidden", "variables/other", "assets.extra/a*b"]
)
def test_what_is_no_part_of_a_saved_model_is_refused(copied, tmp_path, name):
    path = copied / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    with pytest.raises(publish.PublishError, match="is not part of a SavedModel"):
        bundle.write_with_digest(copied, tmp_path / "a.tar.gz", overwrite=False)
    assert not list(tmp_path.glob("*.tar.gz*"))
    assert not list(tmp_path.glob(".*"))


def test_links_are_refused(copied, tmp_path):
    (copied / "assets").mkdir(exist_ok=True)
    (copied / "assets" / "link").symlink_to("/etc/hostname")
    with pytest.raises(publish.PublishError, match=r"assets/link in .* is not a regular file"):
        bundle.files_of(copied)
    with pytest.raises(publish.PublishError, match="is not a SavedModel"):
        bundle.files_of(tmp_path)


def test_targets_that_cannot_be_are_refused(copied, tmp_path):
    taken = tmp_path / "taken.tar.gz"
    taken.write_text("mine")
    for target, complaint in (
        (tmp_path / "a.zip", "must end in .tar.gz"),
        (copied / "a.tar.gz", "is inside the artifact"),
        (tmp_path / "nowhere" / "a.tar.gz", "does not exist: create it"),
        (taken, "exists: choose another output, or pass `overwrite`"),
    ):
        with pytest.raises(export.RequestError, match=complaint):
            bundle.write_with_digest(copied, target, overwrite=False)
    assert taken.read_text() == "mine"
    bundle.write_with_digest(copied, taken, overwrite=True)
    assert tarfile.is_tarfile(taken)
