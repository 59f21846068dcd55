"""What is damaged, incomplete or something else is refused in one clear sentence."""

import io
import os
import shutil
import zipfile

import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.checkpoints import CheckpointError, locator
from tests.checkpoints.conftest import PLAIN, WEIGHTS, files_below, flip, make, make_v1, tar

INDEX, DATA = "model.ckpt-7.index", "model.ckpt-7.data-00000-of-00001"


def ways(folder):
    """Every way of naming a checkpoint of which some files are left."""
    files = [path for path in folder.iterdir() if path.name in (INDEX, DATA)]
    return [folder, folder.parent, folder / "model.ckpt-7", *files]


def test_an_index_without_data_is_refused(folder, refuses):
    (folder / DATA).unlink()
    for source in ways(folder):
        refuses(source, f"^{DATA} is missing next to {INDEX}: copy it to the same folder$")


def test_data_without_an_index_is_refused(folder, refuses):
    (folder / INDEX).unlink()
    for source in ways(folder):
        refuses(source, f"^{INDEX} is missing next to {DATA}: copy it to the same folder$")


def test_a_graph_without_index_and_data_is_refused(folder, refuses):
    (folder / INDEX).unlink()
    (folder / DATA).unlink()
    for source in (folder / "model.ckpt-7.meta", folder / "model.ckpt-7"):
        refuses(source, f"^{INDEX} is missing: copy it to the folder of its other files$")
    (folder / "frozen.pb").unlink()
    refuses(folder, r"the folder published does not hold a checkpoint .* model\.ckpt-7\.meta")


@pytest.fixture
def sharded(tmp_path):
    import tensorflow as tf

    parts = [str(make(tmp_path / f"part{i}", {f"w{i}": WEIGHTS})) for i in range(2)]
    prefix = tmp_path / "sharded" / "model"
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(prefix))
    return prefix


@pytest.mark.parametrize("number", [0, 1])
def test_a_missing_shard_is_named(sharded, refuses, number):
    shard = sharded.with_name(f"model.data-0000{number}-of-00002")
    shard.unlink()
    refuses(sharded, rf"^{shard.name} is missing next to model\.index")


def test_a_damaged_tensor_in_one_of_several_shards_blames_no_other_shard(sharded):
    flip(sharded.with_name("model.data-00000-of-00002"), 0)
    with checkpoints.open(sharded) as checkpoint:
        with pytest.raises(
            CheckpointError, match=r"tensor w0 in model\.data-\?\?\?\?\?-of-00002 is"
        ):
            checkpoint.read("w0")
        np.testing.assert_array_equal(checkpoint.read("w1"), WEIGHTS)


def test_a_flipped_byte_in_the_data_names_file_and_tensor(folder, tmp_path):
    flip(folder / DATA, (folder / DATA).read_bytes().find(WEIGHTS.tobytes()) + 5)
    for source in (folder, tar(tmp_path / "a.tgz", folder)):
        with checkpoints.open(source) as checkpoint:
            match = rf"^the tensor Net/Conv/weights in {DATA} is damaged .*: copy or download"
            with pytest.raises(CheckpointError, match=match):
                checkpoint.read("Net/Conv/weights")
            assert checkpoint.read("Net/Conv/BatchNorm/moving_variance").tolist() == [1, 2, 3]


def test_truncated_data_name_file_and_tensor(folder):
    (folder / DATA).write_bytes((folder / DATA).read_bytes()[:20])
    with pytest.raises(CheckpointError, match=rf"in {DATA} is damaged and cannot be read"):
        read_all(folder / "model.ckpt-7")


def test_empty_data_name_file_and_tensor(folder):
    (folder / DATA).write_bytes(b"")
    with pytest.raises(CheckpointError, match=rf"in {DATA} is damaged and cannot be read"):
        read_all(folder / "model.ckpt-7")


def read_all(source):
    with checkpoints.open(source) as checkpoint:
        return {name: checkpoint.read(name) for name in checkpoint.tensors}


def assert_refused_or_right(source):
    try:
        values = read_all(source)
    except CheckpointError:
        return False
    assert sorted(values) == sorted(PLAIN)
    for name, value in values.items():
        np.testing.assert_array_equal(value, PLAIN[name])
    return True


def test_a_flipped_byte_anywhere_in_the_index_is_refused_or_does_no_harm(folder):
    index = folder / INDEX
    original = index.read_bytes()
    outcomes = []
    for offset in range(len(original)):
        flip(index, offset)
        outcomes.append(assert_refused_or_right(folder / "model.ckpt-7"))
        index.write_bytes(original)
    assert outcomes.count(False) > len(outcomes) / 2


def test_a_truncated_index_is_refused(folder, refuses):
    content = (folder / INDEX).read_bytes()
    for kept in (0, 1, 47, 48, len(content) // 2, len(content) - 1):
        (folder / INDEX).write_bytes(content[:kept])
        refuses(folder, f"^{INDEX} is damaged and cannot be read .*: copy or download")


def test_a_flipped_byte_anywhere_in_a_v1_file_is_refused_or_does_no_harm(tmp_path):
    path = make_v1(tmp_path / "model.ckpt")
    original = path.read_bytes()
    outcomes = []
    for offset in range(0, len(original), 3):
        flip(path, offset)
        outcomes.append(assert_refused_or_right(path))
        path.write_bytes(original)
    assert outcomes.count(False) > len(outcomes) / 2


def test_a_truncated_v1_file_is_refused(tmp_path, refuses):
    path = make_v1(tmp_path / "model.ckpt")
    path.write_bytes(path.read_bytes()[:-9])
    refuses(path, r"^model\.ckpt is damaged or truncated \(it does not end like a checkpoint\)")
    refuses(tmp_path, r"^model\.ckpt is damaged or truncated \(it does not end like a checkpoint\)")


def test_messages_show_no_path_of_the_temporary_folder(folder, tmp_path, temporary, refuses):
    (folder / INDEX).write_bytes(b"damaged")
    message = refuses(tar(tmp_path / "a.tgz", folder), "is damaged and cannot be read")
    assert str(temporary) not in message


def test_an_empty_file_is_refused(tmp_path, refuses):
    for name in ("model.ckpt", "model.tgz", "model"):
        (tmp_path / name).touch()
        refuses(tmp_path / name, f"^{name} is empty: copy or download it again$")


def test_an_empty_folder_is_refused(tmp_path, refuses):
    (tmp_path / "nothing").mkdir()
    match = "^the folder nothing is empty: pass a folder or archive that holds a checkpoint$"
    refuses(tmp_path / "nothing", match)


def test_a_folder_of_other_things_is_refused(tmp_path, refuses):
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model-1"')
    refuses(tmp_path, "does not hold a checkpoint .* only: checkpoint, notes.txt$")


def test_a_folder_of_too_many_files_is_refused(tmp_path, monkeypatch, refuses):
    monkeypatch.setattr(locator, "_MAX_FILES", 3)
    for name in "abcd":
        (tmp_path / name).touch()
    refuses(tmp_path, "holds more than 3 files: pass the folder of the checkpoint itself")


def test_an_object_based_checkpoint_without_names_is_refused(tmp_path, refuses):
    import tensorflow as tf

    saved = tf.train.Checkpoint().save(str(tmp_path / "tf2" / "ckpt"))  # of a counter alone
    match = "^ckpt-1 is an object-based checkpoint without named variables: export a"
    refuses(saved, match)
    refuses(tmp_path / "tf2", match)
    refuses(tar(tmp_path / "a.tgz", tmp_path / "tf2"), match)


@pytest.fixture
def saved_model(tmp_path):
    import tensorflow as tf

    module = tf.Module()
    module.weights = tf.Variable(WEIGHTS)
    tf.saved_model.save(module, str(tmp_path / "saved"))
    return tmp_path / "saved"


def test_a_saved_model_without_variables_is_refused(saved_model, tmp_path, refuses):
    shutil.rmtree(saved_model / "variables")
    match = "^saved is a SavedModel without variables: export the checkpoint or frozen graph"
    refuses(saved_model, match)
    refuses(saved_model / "saved_model.pb", match)


def test_a_saved_model_with_a_file_missing_is_refused(saved_model, tmp_path, refuses):
    (saved_model / "variables" / "variables.index").unlink()
    match = r"^variables\.index is missing next to variables\.data-00000-of-00001"
    refuses(saved_model.parent, match)
    refuses(tar(tmp_path / "a.tgz", saved_model), match)
    (saved_model / "saved_model.pb").rename(saved_model / "tfhub_module.pb")
    refuses(saved_model / "tfhub_module.pb", r"^saved_model\.pb is missing: copy it to the folder")


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"


@pytest.mark.parametrize("name", ["a.tgz", "a.zip", "frozen.pb", "model.ckpt", "model.h5", "model"])
def test_a_pointer_of_git_lfs_is_called_what_it_is(tmp_path, refuses, name):
    (tmp_path / name).write_bytes(POINTER)
    refuses(
        tmp_path / name, f"^{name} is a Git LFS pointer, not the file itself: run `git lfs pull`"
    )


@pytest.mark.parametrize("name", [INDEX, DATA])
def test_a_pointer_of_git_lfs_in_place_of_one_file_is_named(folder, refuses, name):
    (folder / name).write_bytes(POINTER)
    refuses(folder, f"^{name} is a Git LFS pointer")


def test_parts_of_a_save_that_was_killed_are_no_checkpoint(folder, tmp_path, refuses):
    parts = folder / "model.ckpt-9_temp_0a1b2c3d" / "part-00000-of-00001"
    make(parts)
    with checkpoints.open(folder) as checkpoint:
        assert checkpoint.candidates == ("model.ckpt-7",)
    (folder / INDEX).unlink()
    (folder / DATA).unlink()
    (folder / "frozen.pb").unlink()
    refuses(
        folder, "^the folder published holds only part of a checkpoint, whose save was interrupted"
    )


def npz():
    file = io.BytesIO()
    np.savez(file, weights=WEIGHTS)
    return file.getvalue()


def keras():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("config.json", "{}")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("torch.ckpt", b"PK\3\4" + bytes(99), "is a zip file, such as .keras, .npz or PyTorch's"),
        (
            "model.tflite",
            b"\x1c\0\0\0TFL3" + bytes(99),
            "is a TF Lite model, whose weights are folded",
        ),
        ("model", b"\x1c\0\0\0TFL3" + bytes(99), "is a TF Lite model"),
        ("weights.npz", npz(), "is a zip file"),
        ("model.keras", keras(), "is a zip file"),
        ("notes.txt", b"hello", "is neither a checkpoint nor an archive"),
        ("labels", bytes(300), "is neither a checkpoint nor an archive"),
        ("model.ckpt", b"hello", r"is damaged or truncated \(it does not end like a checkpoint\)"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else None,
)
def test_a_file_of_another_kind_is_called_what_it_is(tmp_path, refuses, name, content, match):
    (tmp_path / name).write_bytes(content)
    message = refuses(tmp_path / name, f"^{name} {match}")
    assert message.endswith(": copy it again" if name == "model.ckpt" else "HDF5 weights")


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(99), "is damaged and cannot be read"),
        ("keras.ckpt", b"\x89HDF\r\n\x1a\n" + bytes(99), "is damaged|is a Keras HDF5 file"),
        ("weights", b"\x89HDF\r\n\x1a\n" + bytes(99), "is damaged and cannot be read"),
        ("frozen.pb", b"\x0a\x07graph" + bytes(99), "is damaged, or not a TensorFlow graph"),
        ("frozen.pb", b"", "is empty: copy or download it again"),
        ("graph.pbtxt", b"node {", "is damaged, or not a TensorFlow graph"),
        ("graph.pbtxt", b"\xff", "is damaged, or not a TensorFlow graph"),
        (
            "graph.pbtxt",
            b"node {}",
            "is a graph without weights",
        ),
    ],
)
def test_a_damaged_file_of_another_kind_is_refused(tmp_path, refuses, name, content, match):
    (tmp_path / name).write_bytes(content)
    refuses(tmp_path / name, f"^{name} ({match})")
    (tmp_path / name).rename(tmp_path / "x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "x").rename(tmp_path / "folder" / name)
    if "." in name:
        refuses(tmp_path / "folder", f"^{name} ({match})")
        refuses(tar(tmp_path / "a.tgz", tmp_path / "folder"), f"^{name} ({match})")


def test_a_misspelt_path_suggests_names_near_it(folder, refuses):
    message = refuses(folder / "model.ckp-7", "^no checkpoint at .*: did you mean ")
    assert INDEX in message or "model.ckpt-7" in message
    message = refuses(folder.parent / "publishd", "did you mean published")
    assert str(folder.parent / "publishd") in message


def test_a_path_like_nothing_there_is_refused(folder, refuses):
    refuses(folder / "zzz", "^no checkpoint at .*zzz: check the path$")
    refuses(folder / "no" / "where", "^no checkpoint at .*: the folder .*no does not exist$")


def test_a_misspelt_prefix_is_not_looked_for_in_a_file(folder, refuses):
    refuses(folder / INDEX / "model", "^no checkpoint at ")


@pytest.mark.parametrize("name", ["frozen.pb", "model.ckpt.data-00000-of-00001"])
def test_a_pipe_in_a_folder_is_refused(tmp_path, refuses, name):
    if "data" in name:
        make(tmp_path / "model.ckpt")
        (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(CheckpointError, match=f"^{name} is neither a file nor a folder: copy"):
        checkpoints.open(tmp_path)


def test_a_shard_beyond_the_limit_is_refused(folder):
    (data,) = folder.glob("*.data-*")
    os.truncate(data, (64 << 30) + 1)  # a sparse file
    with pytest.raises(
        CheckpointError, match=r"is larger than 68,719,476,736 bytes, the limit for"
    ):
        checkpoints.open(folder)


def test_what_is_neither_file_nor_folder_is_refused(tmp_path, refuses):
    os.mkfifo(tmp_path / "pipe")
    refuses(tmp_path / "pipe", "no checkpoint at")


def test_a_refused_checkpoint_is_left_as_it_was(folder):
    (folder / INDEX).write_bytes(b"damaged")
    before = files_below(folder)
    with pytest.raises(CheckpointError):
        checkpoints.open(folder)
    assert files_below(folder) == before


@pytest.mark.parametrize("step", [np.float32(np.nan), np.array([1, 2]), "seven"])
def test_an_odd_step_does_no_harm(tmp_path, step):
    prefix = make(tmp_path / "model-3", {"w": WEIGHTS, "global_step": step})
    with checkpoints.open(prefix) as checkpoint:
        assert checkpoint.step == 3
