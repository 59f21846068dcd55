"""Which of several checkpoints is meant."""

import pytest

from slimhub import checkpoints
from tests.checkpoints.conftest import PLAIN, make, make_v1, tar, with_shadows

SEVERAL = ("ema/model-5", "pristine/model.ckpt-5")


@pytest.fixture(params=["folder", "archive"])
def chosen(request, tmp_path):
    """Writes checkpoints, opens what holds them, and returns label (below it) and reason."""

    def choose(values, state=None, **options):
        source = tmp_path / "several"
        for label in values:
            make(source / label, values[label])
        for folder, path in (state or {}).items():
            text = f'model_checkpoint_path: "{path}"\nall_model_checkpoint_paths: "x/y-1"\n'
            (source / folder / "checkpoint").write_text(text)
        if request.param == "archive":
            source = tar(tmp_path / "several.tgz", source)
        with checkpoints.open(source, **options) as checkpoint:
            assert len(checkpoint.candidates) == len(values)
            assert sorted(checkpoint.candidates) == list(checkpoint.candidates)
            assert checkpoint.label in checkpoint.candidates
            assert checkpoint.read("Net/Conv/weights").shape == (3, 4)
            return checkpoint.label.removeprefix("several/"), checkpoint.choice

    return choose


def test_the_folder_ema_is_preferred(chosen):
    label, choice = chosen(dict.fromkeys(SEVERAL, PLAIN))
    assert label == "ema/model-5"
    assert choice == "one of 2, preferred because it is in a folder named ema/"


def test_the_folder_ema_is_preferred_to_shadows(chosen):
    label, _ = chosen({"ema/model-5": PLAIN, "pristine/model.ckpt-5": with_shadows()})
    assert label == "ema/model-5"


def test_raw_values_are_looked_for_where_no_averages_are(chosen):
    values = {"ema/model-5": PLAIN, "pristine/model.ckpt-5": with_shadows()}
    label, choice = chosen(values, averages="raw")
    assert label == "pristine/model.ckpt-5"
    assert choice == "one of 2, preferred because it is not in a folder named ema/"


def test_shadows_are_looked_for_where_they_are_demanded(chosen):
    values = {"ema/model-5": PLAIN, "pristine/model.ckpt-5": with_shadows()}
    label, choice = chosen(values, averages="shadow")
    assert label == "pristine/model.ckpt-5"
    assert choice == "one of 2, preferred because it holds moving averages next to the raw values"


def test_only_a_folder_of_that_very_name_is_preferred(chosen):
    with pytest.raises(checkpoints.CheckpointError, match="several checkpoints"):
        chosen({"schema/model-5": PLAIN, "other/ema": PLAIN})


def test_shadows_are_preferred_to_raw_values(chosen):
    label, choice = chosen({"a/model-9": PLAIN, "b/model-5": with_shadows()})
    assert label == "b/model-5"
    assert choice == "one of 2, preferred because it holds moving averages next to the raw values"


def test_the_state_files_base_name_is_taken_and_its_path_is_not(chosen):
    values = {"model-3": PLAIN, "model-5": PLAIN, "model-9": PLAIN}
    for path in ("/home/someone/elsewhere/model-5", "C:\\\\train\\\\model-5", "model-5"):
        label, choice = chosen(values, {".": path})
        assert label == "model-5"
        assert choice == "one of 3, the latest of its training run, according to the state file"


def test_a_state_file_that_names_something_absent_does_no_harm(chosen):
    label, choice = chosen({"model-3": PLAIN, "model-20": PLAIN}, {".": "../../../etc/passwd"})
    assert label == "model-20"
    assert choice == "one of 2, the highest step of its training run"


def test_the_highest_step_is_taken_as_a_number(chosen):
    label, _ = chosen({f"model.ckpt-{step}": PLAIN for step in (9, 100, 20)})
    assert label == "model.ckpt-100"


def test_the_newest_averaged_one_is_taken(chosen):
    values = {"ema/model-1": PLAIN, "ema/model-2": PLAIN, "pristine/model.ckpt-3": PLAIN}
    label, choice = chosen(values)
    assert label == "ema/model-2"
    reasons = "preferred because it is in a folder named ema/, the highest step of its training run"
    assert choice == f"one of 3, {reasons}"


@pytest.mark.parametrize(
    "labels", [("a/model-5", "b/model-9"), ("one", "two"), ("model", "model-5"), ("a/x", "b/x")]
)
def test_a_tie_lists_the_candidates(tmp_path, refuses, labels):
    for label in labels:
        make(tmp_path / "several" / label)
    one, two = labels
    match = rf"the folder several holds several checkpoints:\n  {one}\n  {two}\npick one with `ch"
    refuses(tmp_path / "several", match)


def test_a_tie_in_an_archive_lists_the_candidates(tmp_path, refuses):
    for label in ("a/model", "b/model"):
        make(tmp_path / "several" / label)
    archive = tar(tmp_path / "several.tgz", tmp_path / "several")
    refuses(archive, r"the archive several\.tgz holds several checkpoints:\n  several/a/model\n")


@pytest.mark.parametrize(
    "name", ["pristine/model.ckpt-5", "model.ckpt-5", "pristine", "ckpt", "tine/mod"]
)
def test_a_name_picks_by_end_or_part(chosen, name):
    label, choice = chosen(dict.fromkeys(SEVERAL, PLAIN), name=name)
    assert (label, choice) == ("pristine/model.ckpt-5", "the one you named")


def test_an_exact_label_wins_over_an_end_and_an_end_over_a_part(tmp_path):
    for label in ("model-1", "a/model-1", "a/model-10"):
        make(tmp_path / label)
    for name, label in (("model-1", "model-1"), ("a/model-1", "a/model-1"), ("10", "a/model-10")):
        with checkpoints.open(tmp_path, name=name) as checkpoint:
            assert checkpoint.label == label


def test_an_end_is_one_of_whole_names(chosen):
    label, _ = chosen({"a/my-model-1": PLAIN, "b/model-1": PLAIN}, name="model-1")
    assert label == "b/model-1"


def test_an_unknown_name_lists_what_there_is(tmp_path, refuses):
    for label in SEVERAL:
        make(tmp_path / label)
    match = r"has no checkpoint matching 'raw'; available:\n  ema/model-5\n  pristine/model\.ckpt-5"
    refuses(tmp_path, match, name="raw")


def test_an_unknown_name_is_refused_though_only_one_is_there(folder, tmp_path, refuses):
    match = "has no checkpoint matching 'raw'"
    refuses(folder, match, name="raw")
    refuses(tar(tmp_path / "a.tgz", folder), match, name="raw")


def test_an_unknown_name_is_refused_of_a_single_checkpoint(folder, refuses):
    refuses(folder / "model.ckpt-7", "no checkpoint matching 'raw'", name="raw")


def test_an_ambiguous_name_lists_what_there_is(tmp_path, refuses):
    for label in SEVERAL:
        make(tmp_path / label)
    refuses(tmp_path, "has 2 checkpoints matching 'model'; available:", name="model")


def test_v1_and_v2_checkpoints_are_candidates_alike(tmp_path):
    make(tmp_path / "new" / "model-1")
    make_v1(tmp_path / "old" / "model.ckpt")
    with checkpoints.open(tmp_path, name="old") as checkpoint:
        assert checkpoint.candidates == ("new/model-1", "old/model.ckpt")
        assert checkpoint.format == "V1"


def test_a_broken_neighbour_does_no_harm_when_another_is_named(tmp_path):
    make(tmp_path / "model-1")
    make(tmp_path / "model-2").with_name("model-2.index").unlink()
    with checkpoints.open(tmp_path, name="model-1") as checkpoint:
        assert checkpoint.candidates == ("model-1", "model-2")


def test_the_newest_one_is_refused_when_it_is_broken(tmp_path, refuses):
    make(tmp_path / "model-1")
    make(tmp_path / "model-2").with_name("model-2.index").unlink()
    refuses(tmp_path, r"model-2\.index is missing next to model-2\.data-00000-of-00001")
