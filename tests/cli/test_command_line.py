"""The command line as a process: output, exit codes, time to answer."""

import json
import os
import re
import subprocess
import sys
import tarfile

import pytest

import slimhub
from slimhub import export, nets
from tests.fixtures.commands import NETWORK, OPTIONS, SAMPLE, run, run_light
from tests.fixtures.support import REPOSITORY

COMMANDS = ("export", "verify", "inspect", "list", "describe")


@pytest.mark.parametrize("arguments", [["--help"], *([c, "--help"] for c in COMMANDS)])
def test_help_answers_at_once(arguments):
    finished = run_light(*arguments)
    assert finished.returncode == 0
    assert "usage: slimhub" in finished.stdout


REFUSED = [
    (["exprot"], "slimhub: unknown command 'exprot': did you mean export?"),
    (
        ["xyz"],
        "slimhub: unknown command 'xyz': the commands are export, verify, convert, ",
    ),
    (["--colour"], "slimhub: unknown flag --colour"),
    (["export", "NET", "--checkpont=x"], "unknown flag --checkpont: did you mean --checkpoint?"),
    (["export", "NET", "--checkpoint-name=x"], "did you mean --checkpoint_name?"),
    (["export"], "slimhub export: missing NAME, --checkpoint and --output\n"),
    (["export", "nonet", "--checkpoint=x", "--output=y"], "unknown network 'nonet'"),
    (
        ["export", "NET", "--checkpoint=x", "--output=y", "--task=features"],
        "did you mean feature_vector?",
    ),
    (["export", "NET", "--checkpoint=x", "--output=y", "--outptu=z"], "did you mean --output?"),
    (["export", "NET", "--checkpoint=x", "--output=y", "--image_size=8"], "between 32 and 4096"),
    (["export", "NET", "--checkpoint=x", "--output=tests"], "the output tests already exists"),
    (["export", "NET", "--checkpoint=x", "--output=tests", "--overwrite"], "not a SavedModel fol"),
    (["export", "NET", "--checkpoint=x", "--output=y", "--labels=z"], "needs --task=classifi"),
    (["describe", "mobilenet"], "unknown network 'mobilenet'"),
    (["describe", "vgg"], "unknown network 'vgg'; names that start with it: vgg_a, vgg_16, vgg_19"),
    (["describe", "nowhere:SPEC"], "No module named 'nowhere'"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda value: str(value)[:60])
def test_refused_arguments_are_answered_at_once(arguments, message):
    named = [NETWORK if a == "NET" else a for a in arguments]
    finished = run_light(*named)
    assert finished.returncode == 2
    assert message in finished.stderr
    assert finished.stdout == ""
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("arguments", [[], ["help"], ["help", "export"]], ids=str)
def test_help_is_shown_to_who_asks_for_nothing_else(arguments):
    finished = run_light(*arguments)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith("usage: slimhub")
    assert ("--ignore_leftover" in finished.stdout) == ("export" in arguments)


def test_the_version_is_told():
    finished = run_light("--version")
    assert (finished.returncode, finished.stdout) == (0, f"slimhub {slimhub.__version__}\n")


def test_help_tells_defaults():
    said = " ".join(run_light("export", "--help").stdout.split())
    assert "(default: feature_vector)" in said
    assert "(default: text)" in said
    assert "(default: None)" not in said
    assert "(default: False)" not in said


def test_errors_are_json_where_that_was_asked_for():
    finished = run_light("describe", "nonet", "--format=json")
    assert finished.returncode == 2
    said = json.loads(finished.stdout)
    assert said["exit_code"] == 2
    assert said["error"].startswith("unknown network 'nonet'")
    assert said["error"] in finished.stderr


@pytest.mark.parametrize("words", [["exprot"], ["export", "--format", "json"], ["export", "--no"]])
def test_refused_command_lines_are_json_as_well(words):
    finished = run_light(*words, "--format=json")
    assert finished.returncode == 2
    said = json.loads(finished.stdout)
    assert said["exit_code"] == 2
    assert said["error"] in finished.stderr


def test_list_takes_the_beginning_of_names():
    found = json.loads(run_light("list", "mobilenet_v3", "--format=json").stdout)
    assert [network["name"] for network in found] == nets.names("mobilenet_v3*")
    (described,) = [n for n in found if n["name"] == "mobilenet_v3_small_075_224"]
    assert described == json.loads(run("describe", described["name"], "--format=json").stdout)
    archive = "mobilenet_v3/checkpoints/v3-small_224_0.75_float.tgz"
    assert run("list", "edgetpu").stdout.count("mobilenet_edgetpu_") == 2
    assert described["public_checkpoint_url"] == f"https://storage.googleapis.com/{archive}"


def test_a_missing_checkpoint_is_answered_at_once(tmp_path):
    command = ["export", NETWORK, "--checkpoint=samples/digits.tgz"]
    finished = run_light(*command, f"--output={tmp_path / 'out'}")
    assert finished.returncode == 2
    assert "no checkpoint at samples/digits.tgz" in finished.stderr
    assert "did you mean" in finished.stderr
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_a_traceback():
    assert "Traceback" in run("describe", "mobilenet", "--debug").stderr


def test_list_shows_every_network():
    lines = run("list").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == nets.names()
    found = json.loads(run("list", "*small*", "--format=json").stdout)
    assert [network["name"] for network in found] == nets.names("*small*")
    nothing = run("list", "densenet*")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    nothing = run_light("list", "mobilenet_v3_smal_075_224", "--format=json")
    assert nothing.returncode == 1
    said = json.loads(nothing.stdout)["error"]
    assert "no network matches 'mobilenet_v3_smal_075_224': did you mean mobilenet_v3_small" in said


def test_describe_tells_what_is_known():
    text = run("describe", "mobilenet_v3_small_075_224").stdout
    assert "v3-small_224_0.75_float/ema/model-497500" in text
    assert "1024 features" in text
    described = json.loads(run("describe", "mobilenet_v3_small_075_224", "--format=json").stdout)
    assert described["parameters"]["headless"] == 1_016_872
    assert described["published"]["top1"] == 65.4


def test_describe_says_what_an_accuracy_is_of():
    text = run("describe", "mobilenet_edgetpu_075_224").stdout
    table = "TF-Slim's table of MobileNet V3 checkpoints: as quantized to 8 bits"
    assert f"ImageNet top-1 73.5% ({table})" in text


def test_describe_counts_without_building():
    finished = run_light("describe", "resnet_v2_50")
    assert "3,482,257,408 multiply-adds for one image of 224x224, with logits" in finished.stdout
    rows = finished.stdout.partition("\nendpoint ")[2].splitlines()
    assert "resnet_v2_50/block1/unit_2/bottleneck_v2  56x56x256         4  C2" in rows
    assert "resnet_v2_50/global_pool                  1x1x2048" in rows
    assert rows[-1] == "52 more endpoints are inside these layers: list them with --endpoints."

    every = run("describe", "resnet_v2_50", "--endpoints").stdout
    assert "resnet_v2_50/block1/unit_2/bottleneck_v2/conv1 " in every
    assert "more endpoints are inside" not in every

    described = json.loads(run("describe", "resnet_v2_50", "--format=json").stdout)
    assert described["macs"] == 3_482_257_408
    assert len(described["endpoints"]) == 76
    assert [e for e in described["endpoints"] if e["level"] == "C5"] == [
        {
            "name": "resnet_v2_50/block4",
            "shape": [7, 7, 2048],
            "stride": 32,
            "is_inner": False,
            "level": "C5",
        }
    ]


def test_describe_tells_what_a_spec_of_ones_own_says(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from slimhub.nets import NetworkSpec\n"
        "from slimhub.nets.layers import trunk\n"  # which imports TensorFlow
        "SPEC = NetworkSpec(name='m', scope='M', builder=print, image_size=64, feature_depth=8)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    finished = run("describe", "mine:SPEC", env=environment)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "8 features, from global_pool" in finished.stdout
    assert "MACs" not in finished.stdout  # only building it would tell
    described = json.loads(run("describe", "mine:SPEC", "--format=json", env=environment).stdout)
    assert described["reference"] == "mine:SPEC"
    assert "endpoints" not in described


def test_inspect_tells_what_is_in_a_checkpoint():
    finished = run("inspect", SAMPLE)
    assert finished.returncode == 0
    assert "digits_mobilenet_v3/model.ckpt-2000" in finished.stdout
    assert "step        2000" in finished.stdout
    assert "284 optimizer slots" in finished.stdout
    described = json.loads(run("inspect", SAMPLE, "--format=json").stdout)
    assert described["averages"] == "shadows"
    assert described["tensors"]["global_step"] == ["int64"]
    assert (
        "MobilenetV3/Conv/weights  float32[3, 3, 3, 8]"
        in run("inspect", SAMPLE, "--tensors").stdout
    )


@pytest.mark.parametrize("module", ["slimhub", "slimhub.export"])
def test_export_says_what_it_did(tmp_path, module):
    output = str(tmp_path / "artifact")
    words = [NETWORK, f"--checkpoint={SAMPLE}", f"--output={output}"]
    words = [*words, "--task=classification", *OPTIONS]
    finished = run(*(["export", *words] if module == "slimhub" else words), module=module)
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert lines[0].split() == [
        "network", "mobilenet_v3_small_100_224,", "classification:", "10", "logits"
    ]  # fmt: skip
    assert "digits_mobilenet_v3/model.ckpt-2000, from digits_mobilenet_v3.tgz" in lines[1]
    assert "210 filled: 210 with moving averages" in finished.stdout
    assert "284 optimizer slots" in finished.stdout
    assert f"hub.KerasLayer({output!r}, trainable=True)" in lines[-1]
    # Elsewhere than on a terminal the progress is plain lines, and nothing else is on stderr.
    assert all(line.startswith("slimhub: ") for line in finished.stderr.splitlines())
    assert finished.stderr.count("\n") == len(export.PHASES)
    assert (
        "not run: the original graph answers the same: the source comes without a graph of"
        in finished.stdout
    )
    # Nothing is left out in silence: what was not run is counted.
    assert re.search(r"^proof       full, \d+ passed, 3 not run$", finished.stdout, re.MULTILINE)


@pytest.mark.parametrize("folder", ["train_dir", "train_dir/", "./train_dir"])
def test_a_checkpoint_folder_may_be_named_relative_to_the_working_folder(tmp_path, folder):
    with tarfile.open(SAMPLE) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "digits_mobilenet_v3").rename(tmp_path / "train_dir")
    words = ["export", NETWORK, f"--checkpoint={folder}", "--output=o", "--proof=quick", *OPTIONS]
    finished = run(*words, cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    record = json.loads((tmp_path / "o" / "assets.extra" / "slimhub.json").read_text())
    assert record["checkpoint"]["source"] == "train_dir"
    assert "failed" not in record["proof"]


def test_export_speaks_json(tmp_path):
    words = [f"--checkpoint={SAMPLE}", f"--output={tmp_path / 'artifact'}", "--format=json"]
    finished = run("export", NETWORK, *words, *OPTIONS)
    answer = json.loads(finished.stdout)
    assert answer["record"]["task"] == "feature_vector"
    output = answer["record"]["output"]
    assert (output["name"], output["width"]) == ("feature_vector", 128)


def test_foreign_packages_of_the_same_names_do_no_harm(tmp_path):
    for room in ("nets", "checkpoints", "evaluate", "export", "publish", "zoo"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("raise ImportError('a foreign package')")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    finished = run("describe", NETWORK, cwd=tmp_path, env=environment)
    assert (finished.returncode, finished.stderr) == (0, "")
    output = str(tmp_path / "artifact")
    words = [NETWORK, f"--checkpoint={SAMPLE}", f"--output={output}", "--proof=quick", *OPTIONS]
    finished = run("export", *words, cwd=tmp_path, env=environment)
    assert finished.returncode == 0, finished.stderr


def test_a_closed_pipe_is_no_traceback():
    command = f"{sys.executable} -m slimhub inspect {SAMPLE} --tensors | head -1"
    finished = subprocess.run(
        ["bash", "-c", command], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in finished.stderr
    assert len(finished.stdout.splitlines()) == 1


def test_auto_works_out_the_options_of_the_sample(tmp_path):
    sample = f"--checkpoint={REPOSITORY / 'samples' / 'digits_mobilenet_v3.tgz'}"
    flags = ["--task=classification", "--image_size=32", "--proof=none"]
    labels = f"--labels={REPOSITORY / 'samples' / 'digits_labels.txt'}"
    finished = run("export", "auto", sample, labels, *flags, f"--output={tmp_path / 'digits'}")
    said = "its shapes are those of --depth_multiplier=0.35 --num_classes=10 --feature_depth=128; "
    assert said in finished.stdout
    assert "mobilenet_v3_small_100_224, classification: 10 logits" in finished.stdout


def test_inspect_says_options_as_flags():
    finished = run("inspect", str(REPOSITORY / "samples" / "digits_mobilenet_v3.tgz"))
    flags = "--depth_multiplier=0.35 --num_classes=10 --feature_depth=128"
    assert f"fits        mobilenet_v3_small_100_224 with {flags}" in finished.stdout
