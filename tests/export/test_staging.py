"""The target holds a whole artifact, the old one, or nothing."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slimhub.common import scratch
from slimhub.common.errors import ExportError, RequestError
from slimhub.export import staging
from tests.fixtures.support import REPOSITORY


def write_artifact(folder, content):
    (folder / "saved_model.pb").write_text(content)


def entries(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "a" / "b" / "artifact"
    with staging.staged(target, overwrite=True) as folder:
        assert folder.parent == target.parent
        write_artifact(folder, "new")
        assert not target.exists()
    assert (target / "saved_model.pb").read_text() == "new"
    assert entries(target.parent) == ["artifact"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_nothing(tmp_path, error):
    with (
        pytest.raises(error),
        staging.staged(tmp_path / "a" / "artifact", overwrite=False) as folder,
    ):
        write_artifact(folder, "half")
        raise error
    assert entries(tmp_path) == []


def test_an_error_keeps_the_old_artifact(tmp_path):
    target = tmp_path / "artifact"
    target.mkdir()
    write_artifact(target, "old")
    with (
        pytest.raises(ValueError, match="broken"),
        staging.staged(target, overwrite=True) as folder,
    ):
        write_artifact(folder, "half")
        raise ValueError("broken")
    assert (target / "saved_model.pb").read_text() == "old"
    assert entries(tmp_path) == ["artifact"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_the_old_artifact_is_there_until_the_new_one_is_whole(tmp_path, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(staging, "_exchange", lambda one, other: False)
    target = tmp_path / "artifact"
    target.mkdir()
    write_artifact(target, "old")
    with staging.staged(target, overwrite=True) as folder:
        write_artifact(folder, "new")
        assert (target / "saved_model.pb").read_text() == "old"
    assert (target / "saved_model.pb").read_text() == "new"
    assert entries(tmp_path) == ["artifact"]


def test_a_target_that_exists_is_refused(tmp_path):
    target = tmp_path / "artifact"
    assert staging.check_target(target, overwrite=False) == target
    target.mkdir()
    assert staging.check_target(target, overwrite=False) == target  # empty
    assert staging.check_target(target, overwrite=True) == target
    write_artifact(target, "old")
    with pytest.raises(RequestError, match="exists: choose another folder, or replace it with `ov"):
        staging.check_target(target, overwrite=False)
    assert staging.check_target(target, overwrite=True) == target


def test_an_empty_folder_is_filled_and_stays_the_same_folder(tmp_path):
    number = tmp_path.stat().st_ino
    with staging.staged(tmp_path, overwrite=False) as folder:
        assert folder.parent == tmp_path
        write_artifact(folder, "new")
        (folder / "variables").mkdir()
        (folder / "variables" / "variables.index").write_text("index")
    assert tmp_path.stat().st_ino == number
    assert entries(tmp_path) == ["saved_model.pb", "variables"]
    assert entries(tmp_path / "variables") == ["variables.index"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_an_empty_folder_empty(tmp_path, error):
    with pytest.raises(error), staging.staged(tmp_path, overwrite=False) as folder:
        write_artifact(folder, "half")
        raise error
    assert entries(tmp_path) == []


def test_what_came_into_an_empty_folder_in_the_meantime_is_kept(tmp_path):
    with (
        pytest.raises(ExportError, match=r"something else was created in .* \(saved_model.pb\)"),
        staging.staged(tmp_path, overwrite=False) as folder,
    ):
        write_artifact(folder, "mine")
        (folder / "variables").mkdir()
        write_artifact(tmp_path, "somebody's")
    assert entries(tmp_path) == ["saved_model.pb"]
    assert (tmp_path / "saved_model.pb").read_text() == "somebody's"


def test_what_a_killed_export_left_goes_with_the_next(tmp_path):
    left = tmp_path / ".artifact.slimhub-0123456789abcdef"
    left.mkdir()
    write_artifact(left, "half")
    os.utime(left, (time.time() - 60,) * 2)
    with staging.staged(tmp_path / "other", overwrite=False) as folder:
        write_artifact(folder, "new")
    assert entries(tmp_path) == ["other"]


def test_what_a_killed_export_left_in_an_empty_folder_is_not_in_the_way(tmp_path):
    left = tmp_path / ".artifact.slimhub-0123456789abcdef"
    left.mkdir()
    os.utime(left, (time.time() - 60,) * 2)
    assert staging.check_target(tmp_path, overwrite=False) == tmp_path
    assert entries(tmp_path) == []


@pytest.mark.parametrize("is_there", [True, False])
def test_an_export_killed_between_its_two_steps_loses_nothing(tmp_path, is_there):
    target, aside = tmp_path / "a", tmp_path / ".a.slimhub-0123456789abcdef-old"
    other = tmp_path / ".aa.slimhub-0123456789abcdef-old"
    for folder in (aside, other, *([target] if is_there else [])):
        folder.mkdir()
        write_artifact(folder, "new" if folder == target else "old")
        os.utime(folder, (0, 0))
    lock = scratch.lock(aside)
    before = entries(tmp_path)
    with contextlib.suppress(RequestError):
        staging.check_target(target, overwrite=True)
    assert entries(tmp_path) == before  # its owner lives
    scratch.unlock(lock)
    assert staging.check_target(target, overwrite=True) == target
    assert entries(tmp_path) == [other.name, "a"]
    assert (target / "saved_model.pb").read_text() == ("new" if is_there else "old")


def test_what_is_moved_aside_is_locked(tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "_exchange", lambda one, other: False)
    (tmp_path / "a").mkdir()
    write_artifact(tmp_path / "a", "old")
    os.utime(tmp_path / "a", (0, 0))
    remove, seen = shutil.rmtree, []

    def look(path, **options):
        seen.append((path.name[-4:], scratch.is_abandoned(path)))
        remove(path, **options)

    monkeypatch.setattr(staging.shutil, "rmtree", look)
    with staging.staged(tmp_path / "a", overwrite=True) as folder:
        write_artifact(folder, "new")
    assert seen == [("-old", False)]


def test_a_disk_that_is_too_full_is_refused_before_the_work(tmp_path):
    staging.check_room(tmp_path / "a" / "artifact", 1000)
    with pytest.raises(ExportError, match=r"^the artifact needs 1000000000000 MB, but the "):
        staging.check_room(tmp_path / "a" / "artifact", 10**18)


def test_an_empty_target_is_refused():
    with pytest.raises(RequestError, match="the output is empty"):
        staging.check_target("", overwrite=True)


def test_a_target_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match=r"^cannot write to .*file \(Not a directory\): choose"):
        staging.check_target(tmp_path / "file" / "a" / "b", overwrite=False)


def test_only_a_saved_model_is_overwritten(tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(RequestError, match="is not a SavedModel folder"):
        staging.check_target(tmp_path, overwrite=True)
    with pytest.raises(RequestError, match="is not a SavedModel folder"):
        staging.check_target(tmp_path / "letters.txt", overwrite=True)


def test_what_is_beside_a_saved_model_is_not_removed(tmp_path):
    write_artifact(tmp_path, "old")
    (tmp_path / "variables").mkdir()
    assert staging.check_target(tmp_path, overwrite=True) == tmp_path
    (tmp_path / "NOTES.md").write_text("mine")
    with pytest.raises(RequestError, match=r"also holds NOTES\.md, which `overwrite` would remove"):
        staging.check_target(tmp_path, overwrite=True)


def test_what_is_read_must_not_be_in_the_target(tmp_path):
    target = tmp_path / "artifact"
    checkpoint = str(target / "variables" / "variables")
    with pytest.raises(RequestError, match="is inside the output, which would be replaced"):
        staging.check_inputs(target, [None, checkpoint])
    staging.check_inputs(target, [None, "https://example.org/x.tgz", str(tmp_path / "x.tgz")])


def test_a_long_name_leaves_room_for_the_staging_folder(tmp_path):
    target = tmp_path / ("a" * 250)
    with staging.staged(target, overwrite=False) as folder:
        write_artifact(folder, "new")
    assert entries(tmp_path) == [target.name]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a file system without folders")
def test_where_no_folder_can_be_made_is_refused_at_once():
    with pytest.raises(RequestError, match=r"^cannot write to /proc \(.*\): choose"):
        staging.check_target("/proc/artifact", overwrite=False)


def test_a_target_that_came_meanwhile_is_kept(tmp_path):
    target = tmp_path / "artifact"
    with (
        pytest.raises(ExportError, match="cannot move"),
        staging.staged(target, overwrite=False) as folder,
    ):
        write_artifact(folder, "mine")
        target.write_text("somebody's file")
    assert target.read_text() == "somebody's file"
    assert entries(tmp_path) == ["artifact"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_one_sentence(tmp_path):
    tmp_path.chmod(0o500)
    with (
        pytest.raises(ExportError, match="cannot create a folder"),
        staging.staged(tmp_path / "a", False),
    ):
        pass


def test_a_file_among_the_parents_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ExportError, match="cannot create a folder"),
        staging.staged(tmp_path / "file" / "artifact", overwrite=False),
    ):
        pass


def heed_interrupts():
    """A process started in the background of a shell ignores them, and so do its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize(
    "phase", ["building the graphs", "writing the artifact", "proving the artifact"]
)
def test_a_killed_export_leaves_nothing_at_the_target(tmp_path, number, phase):
    sample = REPOSITORY / "samples" / "digits_mobilenet_v3.tgz"
    target = tmp_path / "out" / "artifact"
    command = [sys.executable, "-m", "slimhub", "export", "mobilenet_v3_small_100_224"]
    command += [f"--checkpoint={sample}", "--depth_multiplier=0.35", "--num_classes=10"]
    command += ["--image_size=32", "--feature_depth=128", f"--output={target}"]
    environment = os.environ | {"SLIMHUB_TEST": str(tmp_path)}
    with subprocess.Popen(
        command,
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=heed_interrupts,
    ) as process:
        for line in process.stderr:
            if phase in line:
                break
        time.sleep(0.3)
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode != 0
    assert not target.exists()
    if number != signal.SIGKILL:
        assert not target.parent.exists()
    assert ends(f"SLIMHUB_TEST={tmp_path}")


def ends(variable):
    """Whether all processes with a variable in their environment are soon gone."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not any(variable.encode() in environment for environment in environments()):
            return True
        time.sleep(0.5)
    return False


def environments():
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # another user's, or gone meanwhile
            yield path.read_bytes()
