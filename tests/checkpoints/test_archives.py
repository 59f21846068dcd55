"""Archives: all compressions, and everything unsafe in one is refused."""

import errno
import gzip
import io
import shutil
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.checkpoints import archives, tar_archives
from slimhub.common import files
from tests.checkpoints.conftest import PLAIN, WEIGHTS, files_below, flip, make, tar, tar_of


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz", "w"])
@pytest.mark.parametrize("name", ["model.tgz", "model.zip", "model"])
def test_any_compression_is_read_under_any_name(folder, tmp_path, mode, name):
    archive = tar(tmp_path / name, folder, mode)
    with checkpoints.open(archive) as checkpoint:
        assert checkpoint.label == "published/model.ckpt-7"
        assert checkpoint.source_name == name
        assert list(checkpoint.tensors) == sorted(PLAIN)
        np.testing.assert_array_equal(checkpoint.read("Net/Conv/weights"), WEIGHTS)


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_any_tar_format_and_names_with_a_leading_dot_are_read(folder, tmp_path, format_):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=format_) as archive:
        archive.add(folder, ".")
    with checkpoints.open(path) as checkpoint:
        assert checkpoint.label == "model.ckpt-7"


def test_only_the_chosen_checkpoint_is_unpacked(folder, tmp_path, temporary):
    make(folder / "model.ckpt-3")
    archive = tar(tmp_path / "a.tgz", folder)
    with checkpoints.open(archive) as checkpoint:
        assert checkpoint.label == "published/model.ckpt-7"
        unpacked = [name for name in files_below(temporary) if ".data-" in name]
        assert [name.rpartition("/")[2] for name in unpacked] == [
            "model.ckpt-7.data-00000-of-00001"
        ]


def test_what_was_unpacked_is_removed_on_close(folder, tmp_path, temporary):
    checkpoint = checkpoints.open(tar(tmp_path / "a.tgz", folder))
    assert files_below(temporary)
    checkpoint.close()
    assert not files_below(temporary)
    checkpoint.close()


def test_what_was_unpacked_is_removed_when_the_block_raises(folder, tmp_path, temporary):
    archive = tar(tmp_path / "a.tgz", folder)

    def fail():
        with checkpoints.open(archive):
            assert files_below(temporary)
            raise KeyError("something else")

    with pytest.raises(KeyError):
        fail()
    assert not files_below(temporary)


def test_a_folder_is_left_as_it_is_on_close(folder):
    before = files_below(folder)
    with checkpoints.open(folder) as checkpoint:
        checkpoint.read("Net/Conv/weights")
    assert files_below(folder) == before


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz", "w"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.85])
def test_a_truncated_archive_is_refused(tmp_path, refuses, mode, kept):
    noise = np.random.RandomState(0).normal(size=20_000).astype(np.float32)
    make(tmp_path / "a" / "model.ckpt", {"w": noise})
    archive = tar(tmp_path / "a.tgz", tmp_path / "a", mode)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * kept)])
    refuses(archive, r"^a\.tgz is damaged or truncated .*: download it again")


@pytest.mark.parametrize("name", ["model.ckpt.index/x", f"{'a' * 300}/checkpoint"])
def test_a_member_that_cannot_be_written_is_named(tmp_path, refuses, name):
    # Two checkpoints, so that indexes and state files are unpacked to choose by.
    members = [member("model.ckpt.index"), member("b.ckpt.index"), member(name)]
    if "/x" in name:
        members[-1] = member(f"{name}/checkpoint")
    message = refuses(tar_of(tmp_path / "a.tgz", *members), "^cannot unpack a.tgz: its member")
    assert name in message


def member(name, kind=tarfile.REGTYPE, size=0, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (member("/etc/model.ckpt"), "points outside the archive"),
        (member("../model.ckpt"), "points outside the archive"),
        (member("a/../../model.ckpt"), "points outside the archive"),
        (member("..", tarfile.DIRTYPE), "points outside the archive"),
        (member("a/link", tarfile.SYMTYPE, link="model.ckpt"), "is a link"),
        (member("a/link", tarfile.SYMTYPE, link="/etc/passwd"), "is a link"),
        (member("a/link", tarfile.LNKTYPE, link="a/model.ckpt"), "is a link"),
        (member("a/\x1b[31mred\n"), "has control characters in its name"),
        (member("a/null", tarfile.CHRTYPE), "is neither a file nor a folder"),
        (member("a/disk", tarfile.BLKTYPE), "is neither a file nor a folder"),
        (member("a/pipe", tarfile.FIFOTYPE), "is neither a file nor a folder"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_an_unsafe_member_is_refused(tmp_path, refuses, bad, fault):
    archive = tar_of(tmp_path / "a.tgz", member("a/model.ckpt", size=9), bad, member("a/last"))
    message = refuses(archive, f"^a.tgz was not unpacked: its member .* {fault}; get the")
    assert repr(bad.name) in message


def test_an_unsafe_member_is_refused_though_it_is_not_the_checkpoint(folder, tmp_path, refuses):
    archive = tmp_path / "a.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, "published")
        packed.addfile(member("../../evil"), io.BytesIO())
    refuses(archive, "its member '../../evil' points outside")


def zipped(path: Path, folder: Path) -> Path:
    """Packs a folder under its own name, as a zip archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def test_a_zip_archive_is_read(folder, tmp_path):
    path = zipped(tmp_path / "a.zip", folder)
    with checkpoints.open(path) as checkpoint:
        assert checkpoint.label == "published/model.ckpt-7"
        np.testing.assert_array_equal(checkpoint.read("Net/Conv/weights"), WEIGHTS)
        assert checkpoint.source_sha256 == checkpoints.digest(path) == files.sha256_of(path)


@pytest.mark.parametrize(
    ("name", "mode", "fault"),
    [
        ("../model.ckpt", 0o100644, "points outside the archive"),
        ("/etc/model.ckpt", 0, "points outside the archive"),
        ("a/link", 0o120777, "is a link"),
        ("a/pipe", 0o010644, "is neither a file nor a folder"),
        ("a/\x1b[31mred", 0o100644, "has control characters in its name"),
    ],
)
def test_an_unsafe_member_of_a_zip_archive_is_refused(tmp_path, refuses, name, mode, fault):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a/model.ckpt", b"zeros")
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, b"target")
    refuses(tmp_path / "a.zip", f"^a.zip was not unpacked: its member .* {fault}; get the")


def test_a_damaged_zip_archive_is_refused(folder, tmp_path, refuses):
    whole = zipped(tmp_path / "whole.zip", folder).read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[: len(whole) // 2])
    refuses(tmp_path / "a.zip", r"^a\.zip is damaged or truncated")
    data = whole.find(b"model.ckpt-7.data") + 60
    (tmp_path / "a.zip").write_bytes(whole[:data] + b"\xff\xff\xff" + whole[data + 3 :])
    refuses(tmp_path / "a.zip", r"^a\.zip is damaged or truncated")


def test_a_zip_archive_over_the_limit_is_refused(tmp_path, refuses):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.ckpt", bytes(1 << 20))
    refuses(tmp_path / "a.zip", "would unpack to more than", max_unpacked_bytes=1000)


def test_an_archive_over_the_limit_is_refused(folder, tmp_path, refuses):
    archive = tar(tmp_path / "a.tgz", folder)
    refuses(archive, r"a\.tgz would unpack to more than 100 bytes", max_unpacked_bytes=100)


def test_the_limit_counts_what_members_claim_before_any_is_unpacked(tmp_path, refuses):
    bomb = tar_of(tmp_path / "a.tgz", *[member(f"{i}.ckpt", size=1 << 20) for i in range(8)])
    assert bomb.stat().st_size < 1 << 16
    refuses(bomb, "would unpack to more than", max_unpacked_bytes=7 << 20)


def test_an_archive_at_the_limit_is_read(folder, tmp_path):
    size = sum(path.stat().st_size for path in folder.iterdir())
    with checkpoints.open(tar(tmp_path / "a.tgz", folder), max_unpacked_bytes=size) as checkpoint:
        assert checkpoint.step == 7


def test_a_gzip_that_is_no_tar_is_refused(tmp_path, refuses):
    path = tmp_path / "model.ckpt.gz"
    path.write_bytes(gzip.compress(b"not a tar archive" * 100))
    refuses(path, r"model\.ckpt\.gz is damaged or truncated")


def test_an_archive_without_checkpoint_is_refused(tmp_path, refuses):
    archive = tar_of(tmp_path / "a.tgz", member("a/labels.txt"), member("a/m.tflite"))
    refuses(
        archive,
        r"the archive a\.tgz does not hold a checkpoint .* only: a/labels\.txt, a/m\.tflite",
    )


def test_an_empty_archive_is_refused(tmp_path, refuses):
    refuses(tar_of(tmp_path / "a.tgz"), r"the archive a\.tgz is empty")


def test_an_archive_with_a_saved_model_without_variables_is_refused(tmp_path, refuses):
    archive = tar_of(tmp_path / "a.tgz", member("m/saved_model.pb"), member("m/assets/x"))
    refuses(archive, r"^m is a SavedModel without variables: export the checkpoint")


def test_a_full_disk_is_not_called_damage(folder, tmp_path, monkeypatch, refuses):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    archive = tar(tmp_path / "a.tgz", folder)
    monkeypatch.setattr(shutil, "copyfileobj", fail)
    refuses(archive, r"^cannot unpack a\.tgz \(No space left on device\): free some space")


def test_a_file_and_a_folder_of_one_name_are_refused(tmp_path, refuses):
    members = [member(name, size=9) for name in ("a.ckpt", "a.ckpt/b.ckpt")]
    refuses(
        tar_of(tmp_path / "a.tgz", *members),
        r"^cannot unpack a\.tgz: its member 'a\.ckpt/b\.ckpt' cannot",
    )


def test_the_last_of_two_members_of_one_name_is_read(folder, tmp_path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(folder, "a")
        make(folder / "model.ckpt-7", {"w": WEIGHTS})
        archive.add(folder, "a")
    with checkpoints.open(path) as checkpoint:
        assert list(checkpoint.tensors) == ["w"]
        assert checkpoint.candidates == ("a/model.ckpt-7",)


def test_a_flipped_byte_anywhere_in_an_archive_is_refused_or_does_no_harm(folder, tmp_path):
    archive = tar(tmp_path / "a.tgz", folder)
    original = archive.read_bytes()
    refused = 0
    for offset in range(0, len(original), 7):
        flip(archive, offset)
        try:
            with checkpoints.open(archive) as checkpoint:
                assert (checkpoint.read("Net/Conv/weights") == WEIGHTS).all()
        except checkpoints.CheckpointError:
            refused += 1
        archive.write_bytes(original)
    assert refused > 30


def test_an_archive_with_a_shard_missing_is_refused(folder, tmp_path, refuses):
    (folder / "model.ckpt-7.data-00000-of-00001").unlink()
    match = r"model\.ckpt-7\.data-00000-of-00001 is missing next to model\.ckpt-7\.index"
    refuses(tar(tmp_path / "a.tgz", folder), match)


def tar_header(name: str, size: int, kind: bytes) -> bytes:
    """A header whose size is negative, or whose content is missing."""
    info = member(name, kind, abs(size))
    buffer = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    if size < 0:
        buffer[124:136] = b"\xff" + (256**11 + size).to_bytes(11, "big")
        buffer[148:156] = b" " * 8
        buffer[148:156] = b"%06o\0 " % sum(buffer)
    return bytes(buffer)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (tar_header("a", -(1 << 30), tarfile.REGTYPE), "states a size that no file can have"),
        (tar_header("a", 1 << 30, tarfile.XHDTYPE), "a header of more than"),
        (tar_header("a", -(1 << 20), tarfile.XHDTYPE), "header"),
        (tar_header("a", 1 << 30, tarfile.GNUTYPE_LONGNAME), "a header of more than"),
        (tar_header("a", 512, tarfile.GNUTYPE_LONGNAME) * 50_000, "damaged"),
    ],
    ids=["negative", "large pax", "negative pax", "long name", "nested names"],
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_headers_that_would_fill_memory_are_refused(tmp_path, refuses, content, fault, compress):
    first = tar_header("model.ckpt.index", 0, tarfile.REGTYPE)
    (tmp_path / "a.tgz").write_bytes(compress(first + content + bytes(1024)))
    refuses(tmp_path / "a.tgz", f"^a.tgz .*{fault}")


@pytest.mark.parametrize(
    "pieces",
    ["1\nx\n2\n", "1\n-5\n10\n", "1\n0\n9999999\n", "999999999999\n1\n", "2\n5\n1\n0\n1\n"],
)
def test_a_bad_map_of_a_sparse_file_is_one_error(tmp_path, refuses, pieces):
    headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    info = tarfile.TarInfo("model.ckpt.index")
    info.pax_headers = headers | {"GNU.sparse.name": info.name, "GNU.sparse.realsize": "10"}
    content = pieces.encode().ljust(512, b"\0") + bytes(512)
    info.size = len(content)
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(content))
    refuses(tmp_path / "a.tar", "^a.tar (was not unpacked|is damaged)")


@pytest.mark.parametrize("unpacks", [True, False])
def test_an_archive_that_is_exchanged_is_noticed(folder, tmp_path, monkeypatch, unpacks):
    """What has the digest that was asked for is what is used."""
    make(tmp_path / "other" / "published" / "model.ckpt-7")
    other = tar(tmp_path / "b.tgz", tmp_path / "other" / "published")
    archive = tar(tmp_path / "a.tgz", folder)
    digest = files.sha256_of(archive)
    unpack = archives.unpack if unpacks else archives.list_files
    name = unpack.__name__

    def exchange(*arguments):
        if other.exists():
            other.replace(archive)
        return unpack(*arguments)

    monkeypatch.setattr(archives, name, exchange)
    with pytest.raises(checkpoints.CheckpointError, match=r"a\.tgz was replaced or written to"):
        checkpoints.open(archive, sha256=digest)


def test_a_shard_that_is_written_to_is_noticed(folder):
    with checkpoints.open(folder) as checkpoint:
        checkpoint.check_unchanged()
        flip(folder / "model.ckpt-7.data-00000-of-00001", 0)
        with pytest.raises(checkpoints.CheckpointError, match="was replaced or written to"):
            checkpoint.check_unchanged()


def test_members_are_checked_when_they_are_unpacked(tmp_path):
    """The archive could be another one than that whose members were listed."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    tar_of(tmp_path / "a.tar", member("../../outside.index"))
    with pytest.raises(checkpoints.CheckpointError, match="points outside the archive"):
        archives.unpack(tmp_path / "a.tar", bool, tmp_path / "a" / "b")
    tar_of(tmp_path / "a.tar", *[member(f"{i}.index", size=1 << 20) for i in range(3)])
    with pytest.raises(checkpoints.CheckpointError, match="would unpack to more than"):
        archives.unpack(tmp_path / "a.tar", bool, tmp_path / "a" / "b", 2 << 20)
    assert not (tmp_path / "outside.index").exists()


def sparse_header(stored: int) -> bytes:
    """A header of an empty file that takes room in the archive all the same."""
    buffer = bytearray(tar_header("a", stored, tarfile.GNUTYPE_SPARSE))
    buffer[386:483] = bytes(97)
    buffer[483:495] = b"00000000000\0"
    buffer[148:156] = b" " * 8
    buffer[148:156] = b"%06o\0 " % sum(buffer)
    return bytes(buffer)


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_what_is_passed_over_counts(tmp_path, monkeypatch, compress):
    monkeypatch.setattr(tar_archives, "_PADDING", 0)
    content = sparse_header(1 << 20) + bytes((1 << 20) + 1024)
    (tmp_path / "a.tgz").write_bytes(compress(content))
    assert archives.list_files(tmp_path / "a.tgz", 1 << 20) == ["a"]
    with pytest.raises(checkpoints.CheckpointError, match="would unpack to more than"):
        archives.list_files(tmp_path / "a.tgz", 1 << 19)


def test_what_headers_say_about_all_members_is_bounded(tmp_path, monkeypatch):
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for number in range(20):
            common = tarfile.TarInfo.create_pax_global_header({f"k{number}": "a" * 1000})
            archive.fileobj.write(common)
            archive.fileobj.write(member(f"m{number}").tobuf())
    assert len(archives.list_files(tmp_path / "a.tar")) == 20
    for limit, most in (("_GLOBALS", 19), ("_GLOBAL_BYTES", 19_000)):
        with monkeypatch.context() as patch:
            patch.setattr(tar_archives, limit, most)
            with pytest.raises(checkpoints.CheckpointError, match="global headers of more than"):
                archives.list_files(tmp_path / "a.tar")
    monkeypatch.setattr(tar_archives, "_ALL_HEADER_BYTES", 30_000)
    with pytest.raises(checkpoints.CheckpointError, match="headers of more than"):
        archives.list_files(tmp_path / "a.tar")


def test_the_directory_of_a_zip_archive_is_bounded(tmp_path):
    size = 17 << 20
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, size - 4, 4, 0)
    with (tmp_path / "a.zip").open("wb") as file:
        file.write(b"PK\3\4")
        file.truncate(size)
        file.seek(size)
        file.write(end)
    with pytest.raises(checkpoints.CheckpointError, match="a directory of more than"):
        archives.list_files(tmp_path / "a.zip")
