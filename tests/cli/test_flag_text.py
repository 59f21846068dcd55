"""What the library says of options is spelled as flags on the command line, as keys in a zoo."""

import tarfile

import pytest

from tests.fixtures.commands import NETWORK, OPTIONS, SAMPLE, run

EXPORT = ["export", NETWORK, "--checkpoint=x"]
REFUSED = [
    (
        [*EXPORT, "--output=y", "--labels=z"],
        "--labels needs --task=classification: leave it out, or change the task",
    ),
    (
        [*EXPORT, "--output=y", "--drop_background"],
        "--drop_background needs --task=classification: leave it out, or change the task",
    ),
    (
        [*EXPORT, "--output=tests"],
        "the output tests already exists: choose another folder, or replace it with --overwrite",
    ),
    (
        ["verify", "tests", "--sha256=0", "--averages=raw"],
        "--sha256, --averages: also name the checkpoint, with --checkpoint",
    ),
    (
        ["verify", "tests", "--num_classes=7", "--free_size"],
        "--num_classes, --free_size: also name the network, with --network",
    ),
]


@pytest.mark.parametrize(("words", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_refusal_names_flags(words, message):
    finished = run(*words)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.splitlines()[-1] == f"slimhub: {message}"


def refused_export(tmp_path, *words):
    finished = run("export", NETWORK, *words, f"--output={tmp_path / 'o'}", "--proof=none")
    assert finished.returncode == 1
    return finished.stderr


def test_advice_names_flags(tmp_path):
    words = [word for word in OPTIONS if "feature_depth" not in word]
    said = refused_export(tmp_path, f"--checkpoint={SAMPLE}", *words)
    assert "The checkpoint has other widths than the network: pass --feature_depth=128." in said


@pytest.fixture
def several(tmp_path):
    """A folder with two checkpoints, of which neither is the newer one."""
    folder = tmp_path / "several"
    with tarfile.open(SAMPLE) as archive:
        archive.extractall(tmp_path, filter="data")
    for place in (folder / "one", folder / "two"):
        place.mkdir(parents=True)
        for path in (tmp_path / "digits_mobilenet_v3").glob("model.ckpt-2000*"):
            (place / path.name).write_bytes(path.read_bytes())
    return folder


def test_an_option_is_a_flag_of_a_command_and_a_key_of_a_zoo(tmp_path, several):
    assert run("inspect", str(several)).stderr.endswith("pick one with --checkpoint_name\n")
    (tmp_path / "zoo.toml").write_text(
        f'[export.a]\nnetworks = "{NETWORK}"\ncheckpoint = "several"\noutput = "o"\n'
    )
    planned = run("zoo", str(tmp_path / "zoo.toml"), "--dry_run")
    assert planned.returncode == 1, planned.stderr
    assert "pick one with `checkpoint_name`\n" in planned.stdout
