"""Every kind of source gives the network's values by name, in every place it may lie in."""

import shutil
import tarfile
import zipfile

import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.checkpoints import description
from slimhub.common import files
from slimhub.export.verify.reference import restorers
from slimhub.export.verify.subject import Source
from tests.checkpoints.conftest import make
from tests.fixtures import weight_sources

KINDS = [*weight_sources.GRAPHS, *weight_sources.OBJECTS]


def assert_same(found, expected):
    assert expected
    for name, value in expected.items():
        np.testing.assert_array_equal(found(name), value, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_found_by_name(weight_source, kind):
    source = weight_source(kind)
    with checkpoints.open(source.path) as opened:
        assert opened.format == source.format
        assert set(opened.tensors) - set(source.values) <= {"dense/kernel", "dense/bias"}
        assert_same(opened.read, source.values)
        shapes = opened.shapes()
        assert {name: shapes[name] for name in source.values} == {
            name: value.shape for name, value in source.values.items()
        }
        told = description.render(checkpoints.describe(opened))
        assert f"format      {source.format}, " in told
        assert opened.source_sha256 == checkpoints.digest(source.path)
        # The graph that another check may take is there, where the source has one.
        has_graph = source.format not in ("object_based", "keras_h5")
        assert any(path.is_file() for path in opened.graph_files) == has_graph


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_way_finds_the_same_without_the_readers(weight_source, kind, monkeypatch):
    source = weight_source(kind)
    with checkpoints.open(source.path) as opened:
        second = Source(str(opened.prefix), "auto", None, opened.format)
        kinds = {type(opened._reader)}
        assert {name: list(value.shape) for name, value in source.values.items()}.items() <= (
            restorers.open_source(second).shapes.items()
        )
        for reader in kinds:
            monkeypatch.setattr(reader, "read", None)
        assert_same(restored(second, source.values), source.values)


def restored(source, values):
    import tensorflow.compat.v1 as tf

    restorer = restorers.open_source(source)
    with tf.Graph().as_default(), tf.Session() as session:
        variables = {
            name: tf.Variable(np.zeros_like(value), use_resource=False, name=name)
            for name, value in values.items()
        }
        restorer.restore(session, variables)
        found = session.run(variables)
    assert_same(restorer.read, {name: values[name] for name in list(values)[:3]})
    return found.__getitem__


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_archives_hold_every_kind(weight_source, tmp_path, kind, form):
    source = weight_source(kind)
    place = source.path if source.path.exists() else source.path.parent
    archive = tmp_path / f"packed.{form}"
    members = [place, *sorted(place.rglob("*"))]
    names = {member: member.relative_to(place.parent) for member in members}
    if form == "zip":
        with zipfile.ZipFile(archive, "w") as file:
            for member in members:
                file.write(member, names[member])
    else:
        with tarfile.open(archive, "w") as file:
            for member in members:
                file.add(member, names[member], recursive=False)
    with checkpoints.open(archive) as opened:
        assert opened.format == source.format
        assert opened.source_sha256 == files.sha256_of(archive)
        name = "MobilenetV1/Conv2d_0/weights"
        np.testing.assert_array_equal(opened.read(name), source.values[name])


def test_the_newest_export_of_an_estimator_is_taken(weight_source):
    with checkpoints.open(weight_source("estimator").path) as opened:
        assert opened.label == "export/latest/1577836800"
        assert opened.choice == "one of 2, the newest in its folder"
        assert len(opened.candidates) == 2
    with checkpoints.open(weight_source("estimator").path, name="157") as opened:
        assert opened.label == "export/latest/157"


def test_a_saved_model_is_named_by_its_files_too(weight_source):
    folder = weight_source("hub module").path
    for name in ("saved_model.pb", "tfhub_module.pb"):
        with checkpoints.open(folder / name) as opened:
            assert opened.format == "hub_module_1"
            assert opened.source_sha256 == checkpoints.digest(folder)
    with checkpoints.open(folder / "variables") as opened:
        assert opened.format == "V2"


def test_the_digest_of_a_saved_model_can_be_repeated(weight_source, tmp_path):
    folder = weight_source("saved again").path
    paths = [folder / "saved_model.pb", *(folder / "variables").iterdir()]
    paths.sort(
        key=lambda path: ("saved_model.pb", "variables.index").count(path.name), reverse=True
    )
    paths.sort(key=lambda path: path.name != "saved_model.pb")
    lines = "".join(f"{files.sha256_of(path)}  {path.name}\n" for path in paths)
    assert checkpoints.digest(folder) == files.digest_text(lines).sha256


def test_a_checkpoint_comes_before_all_that_was_made_of_it(weight_source, tmp_path):
    (tmp_path / "frozen.pb").write_bytes(weight_source("frozen").path.read_bytes())
    shutil.copytree(weight_source("estimator").path / "export", tmp_path / "export")
    make(tmp_path / "model.ckpt-7")
    with checkpoints.open(tmp_path) as opened:
        assert (opened.label, opened.candidates) == ("model.ckpt-7", ("model.ckpt-7",))
    with checkpoints.open(tmp_path, name="frozen") as opened:
        assert (opened.label, opened.format) == ("frozen.pb", "frozen_graph")
    with checkpoints.open(tmp_path, name="1577836800") as opened:
        assert opened.format == "saved_model_1"


def test_a_tie_lists_the_candidates(weight_source, tmp_path, refuses):
    for name in ("a.pb", "b.pb"):
        (tmp_path / name).write_bytes(weight_source("frozen").path.read_bytes())
    message = refuses(tmp_path, "holds several checkpoints")
    assert "\n  a.pb\n  b.pb\n" in message
    (tmp_path / "b_frozen.pb").write_bytes(weight_source("frozen").path.read_bytes())
    with checkpoints.open(tmp_path) as opened:
        assert opened.label == "b_frozen.pb"


def test_a_state_file_is_followed_by_its_base_name(tmp_path, refuses):
    make(tmp_path / "model.ckpt-7")
    make(tmp_path / "model.ckpt-8")
    state = tmp_path / "checkpoint"
    state.write_text('model_checkpoint_path: "C:\\\\trained\\\\model.ckpt-7"\n')
    with checkpoints.open(state) as opened:
        assert (opened.label, opened.choice) == ("model.ckpt-7", "the one you named")
        assert opened.source_sha256 == checkpoints.digest(tmp_path / "model.ckpt-7")
        assert checkpoints.digest(state) == opened.source_sha256
    state.write_text('model_checkpoint_path: "/away/model.ckpt-9"\n')
    refuses(state, r"^model\.ckpt-9\.index is missing")
    state.write_text("nothing")
    refuses(state, "^checkpoint is neither a checkpoint nor an archive")
