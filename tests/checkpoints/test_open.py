"""Every way of naming a checkpoint means the same one."""

import hashlib
import os
import shutil
import subprocess

import numpy as np
import pytest

from slimhub import checkpoints
from tests.checkpoints.conftest import PLAIN, WEIGHTS, make, make_v1, tar, with_shadows


def assert_holds(checkpoint, values=PLAIN):
    assert list(checkpoint.tensors) == sorted(values)
    for name, value in values.items():
        read = checkpoint.read(name)
        np.testing.assert_array_equal(read, value)
        assert checkpoint.tensors[name].shape == value.shape == read.shape
        assert checkpoint.tensors[name].dtype == value.dtype.name == read.dtype.name


@pytest.mark.parametrize(
    "ending", ["", ".index", ".data-00000-of-00001", ".meta"], ids=lambda e: e or "prefix"
)
def test_a_prefix_and_each_of_its_files_mean_the_checkpoint(folder, ending):
    with checkpoints.open(f"{folder}/model.ckpt-7{ending}") as checkpoint:
        assert_holds(checkpoint)
        assert checkpoint.label == "model.ckpt-7"
        assert checkpoint.source_name == f"model.ckpt-7{ending}"
        assert checkpoint.format == "V2"


def test_its_folder_means_the_checkpoint(folder):
    with checkpoints.open(folder) as checkpoint:
        assert_holds(checkpoint)
        assert checkpoint.label == "model.ckpt-7"
        assert checkpoint.source_name == "published"
        assert checkpoint.choice == "the only checkpoint in it"


def test_the_folder_above_means_the_checkpoint(folder):
    with checkpoints.open(folder.parent) as checkpoint:
        assert_holds(checkpoint)
        assert checkpoint.label == "published/model.ckpt-7"


def test_a_relative_path_and_a_trailing_slash_do_no_harm(folder, monkeypatch):
    monkeypatch.chdir(folder)
    for source in (".", "model.ckpt-7", "../published/"):
        with checkpoints.open(source) as checkpoint:
            assert checkpoint.label == "model.ckpt-7"
    with checkpoints.open(".") as checkpoint:
        assert checkpoint.source_name == "published"


def test_a_tilde_is_the_home_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    with checkpoints.open("~/model.ckpt-7") as checkpoint:
        assert_holds(checkpoint)


def test_unusual_characters_in_names_do_no_harm(tmp_path):
    prefix = make(tmp_path / "a (1) {b}, c" / "möbel & 50%-3")
    with checkpoints.open(prefix) as checkpoint:
        assert_holds(checkpoint)
        assert checkpoint.label == "möbel & 50%-3"


@pytest.mark.parametrize("name", ["a[1]", "a*", "a?", "a\\b"])
def test_a_path_that_tensorflow_takes_for_a_pattern_is_refused(tmp_path, refuses, name):
    for prefix in (make(tmp_path / "folder" / name), make(tmp_path / name / "model.ckpt")):
        message = refuses(prefix, r"because its path contains one of \* \? \[ \\: rename it")
        assert str(prefix) in message


def test_a_saver_of_tensorflow_1_is_read(tmp_path):
    import tensorflow.compat.v1 as tf

    with tf.Graph().as_default(), tf.Session() as session:
        variables = {name: tf.Variable(value) for name, value in PLAIN.items()}
        session.run(tf.global_variables_initializer())
        tf.train.Saver(variables).save(session, str(tmp_path / "model.ckpt"), global_step=7)
    with checkpoints.open(tmp_path) as checkpoint:
        assert_holds(checkpoint)
        assert checkpoint.label == "model.ckpt-7"


@pytest.mark.parametrize("name", ["inception_v1.ckpt", "model.ckpt-7", "weights.bin"])
def test_a_v1_file_is_read_under_any_name(tmp_path, name):
    path = make_v1(tmp_path / name)
    with checkpoints.open(path) as checkpoint:
        assert_holds(checkpoint)
        assert (checkpoint.format, checkpoint.label) == ("V1", name)
        assert checkpoint.source_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_v1_file_is_found_in_its_folder_and_in_an_archive(tmp_path):
    path = make_v1(tmp_path / "resnet" / "resnet_v1_50.ckpt")
    archive = tar(tmp_path / "resnet.tar.gz", path.parent)
    for source, label in (
        (path.parent, "resnet_v1_50.ckpt"),
        (archive, "resnet/resnet_v1_50.ckpt"),
    ):
        with checkpoints.open(source) as checkpoint:
            assert_holds(checkpoint)
            assert (checkpoint.format, checkpoint.label) == ("V1", label)


def test_several_shards_are_one_checkpoint(tmp_path):
    with checkpoints.open(make_sharded(tmp_path)) as checkpoint:
        assert_holds(checkpoint)
        assert checkpoint.format == "V2"


def make_sharded(folder):
    import tensorflow as tf

    parts = []
    for i, (name, value) in enumerate(PLAIN.items()):
        parts.append(str(make(folder / f"part{i}", {name: value})))
    prefix = folder / "model.ckpt-7"
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(prefix))
    assert (folder / "model.ckpt-7.data-00002-of-00003").is_file()
    return prefix


def test_the_step_is_the_stored_one_before_the_one_in_the_name(tmp_path):
    with checkpoints.open(make(tmp_path / "stored" / "model-99")) as checkpoint:
        assert checkpoint.step == 7
    without = {"Net/w": WEIGHTS}
    with checkpoints.open(make(tmp_path / "named" / "model-99", without)) as checkpoint:
        assert checkpoint.step == 99
    with checkpoints.open(make(tmp_path / "nowhere" / "model", without)) as checkpoint:
        assert checkpoint.step is None


def test_averages_are_told_by_shadows_and_by_the_folder(tmp_path):
    for prefix, values, averages in (
        (tmp_path / "a" / "model-1", PLAIN, "unknown"),
        (tmp_path / "b" / "ema" / "model-1", PLAIN, "stored"),
        (tmp_path / "c" / "model-1", with_shadows(), "shadows"),
    ):
        make(prefix, values)
        with checkpoints.open(tmp_path / prefix.relative_to(tmp_path).parts[0]) as checkpoint:
            assert checkpoint.averages == averages


def test_the_shadow_of_a_variable_is_named(tmp_path):
    with checkpoints.open(make(tmp_path / "model-1", with_shadows())) as checkpoint:
        name = "Net/Conv/weights"
        assert checkpoint.shadow_of(name) == f"{name}/ExponentialMovingAverage"
        assert checkpoint.shadow_of("global_step") is None


def test_the_digest_of_a_folder_is_that_of_what_sha256sum_prints(folder):
    command = ["sha256sum", "model.ckpt-7.index", "model.ckpt-7.data-00000-of-00001"]
    printed = subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout
    for source in (folder, folder / "model.ckpt-7", folder / "model.ckpt-7.index"):
        with checkpoints.open(source) as checkpoint:
            assert checkpoint.source_sha256 == hashlib.sha256(printed).hexdigest()


def test_the_digest_does_not_depend_on_the_place(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "elsewhere")
    with checkpoints.open(folder) as one, checkpoints.open(copy) as other:
        assert one.source_sha256 == other.source_sha256


def test_the_right_digest_is_accepted_in_either_case(folder, tmp_path):
    archive = tar(tmp_path / "a.tgz", folder)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    for sha256 in (digest, digest.upper()):
        with checkpoints.open(archive, sha256=sha256) as checkpoint:
            assert checkpoint.source_sha256 == digest


def test_another_digest_is_refused(folder, tmp_path, refuses):
    archive = tar(tmp_path / "a.tgz", folder)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    refuses(archive, f"a.tgz has the sha256 {digest}, not {'0' * 64}", sha256="0" * 64)


def test_a_digest_for_a_folder_is_refused(folder, refuses):
    for source in (folder, folder / "model.ckpt-7.index"):
        refuses(source, "`sha256` applies to archives and single files", sha256="0" * 64)


def test_a_digest_for_a_prefix_is_refused(folder, refuses):
    match = "`sha256` applies to archives and single files"
    refuses(folder / "model.ckpt-7", match, sha256="0" * 64)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("part", ["", "model.ckpt-7.data-00000-of-00001", "model.ckpt-7.index"])
def test_what_may_not_be_read_is_said(folder, part):
    locked = folder / part
    mode = locked.stat().st_mode
    locked.chmod(0)
    try:
        with pytest.raises(
            checkpoints.CheckpointError,
            match=f"^cannot read {locked.name}: .*; check its permissions",
        ):
            checkpoints.open(folder)
    finally:
        locked.chmod(mode)
