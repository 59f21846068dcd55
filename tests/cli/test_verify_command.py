"""`slimhub verify` as a process."""

import json
import re
import shutil

import pytest

from tests.fixtures.commands import NETWORK, OPTIONS, SAMPLE, run, run_light


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    """The sample without its averages, and without a proof."""
    folder = tmp_path_factory.mktemp("verify") / "artifact"
    words = [f"--checkpoint={SAMPLE}", f"--output={folder}", "--averages=raw", "--proof=none"]
    finished = run("export", NETWORK, *words, *OPTIONS)
    assert finished.returncode == 0, finished.stderr
    assert "proof       skipped (--proof=none): this artifact is unverified" in finished.stdout
    record = json.loads((folder / "assets.extra" / "slimhub.json").read_text())
    assert record["proof"] == {"mode": "none"}
    return folder


def test_a_sound_artifact_holds(artifact, tmp_path):
    report = tmp_path / "made" / "report"
    # That raw values were exported is in the record.
    finished = run("verify", str(artifact), f"--checkpoint={SAMPLE}", f"--report={report}")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    *lines, written = finished.stdout.splitlines()
    assert written == f"report      {report / 'report.html'}"
    assert re.fullmatch(
        r"the proof holds: full with all gradients, \d+ passed, 1 not run", lines[-1]
    )
    assert re.fullmatch(
        r"compared with .*model\.ckpt-2000, from digits_mobilenet_v3\.tgz", lines[-2]
    )
    others = [line for line in lines[:-2] if not line.startswith("passed ")]
    assert [line.split(": ")[0] for line in others] == [
        "not run  inference  the original graph answers the same"
    ]
    check_report(report / "report.html", lines[:-2])


def check_report(path, lines):
    text = path.read_text("utf-8")
    # One file: nothing is fetched from anywhere.
    assert not re.search(r"(src|href)=|url\(|@import|<script|<link", text)
    assert "the proof holds" in text.lower()
    assert text.count("<svg") >= 2
    names = [
        re.sub(r"^(passed|not run) +\w+ +", "", line).split(":")[0].split(" (")[0] for line in lines
    ]
    missing = [name for name in names if name.replace("'", "&#39;") not in text]
    assert missing == []
    for endpoint in ("MobilenetV3/layer_1", "default"):
        assert endpoint in text
    assert "MobilenetV3/Conv/weights" in text


def test_another_source_fails(artifact):
    words = [f"--checkpoint={SAMPLE}", "--averages=auto", "--format=json"]
    finished = run("verify", str(artifact), *words)
    assert finished.returncode == 1
    answer = json.loads(finished.stdout)
    assert answer["holds"] is False
    assert answer["counts"]["failed"] >= 1
    (variables,) = [
        check
        for check in answer["checks"]
        if check["area"] == "variables" and check["outcome"] == "failed"
    ]
    assert variables["difference"] > variables["tolerance"] == 0


def test_a_strange_file_fails_without_a_checkpoint(artifact, tmp_path):
    folder = shutil.copytree(artifact, tmp_path / "artifact")
    (folder / "notes.txt").write_text("mine")
    finished = run("verify", str(folder))
    assert finished.returncode == 1
    assert "notes.txt does not belong in an artifact" in finished.stdout
    assert (
        "the proof FAILS: the artifact alone, without a checkpoint, "
        in finished.stdout.splitlines()[-1]
    )


def test_an_unchecked_signature_is_reported_with_the_flag_that_checks_it(artifact, tmp_path):
    folder = shutil.copytree(artifact, tmp_path / "artifact")
    (folder / "assets.extra" / "model.sig").write_text("{}")
    finished = run("verify", str(folder))
    assert "model.sig exists: check it with --public_key\n" in finished.stdout


REFUSED = [
    (["verify"], "slimhub verify: missing ARTIFACT"),
    (["verify", "tests"], "tests is not a SavedModel folder: it has no saved_model.pb"),
    (["verify", "tests", "--task=classification"], "--task: also name the network"),
    (["verify", "tests", "--image_size=64"], "--image_size: also name the network"),
    (["verify", "tests", "--network=nonet"], "unknown network 'nonet'"),
    (["verify", "tests", f"--network={NETWORK}", "--image_size=8"], "between 32 and 4096"),
    (["verify", "tests", "--report=README.md"], "choose another folder for --report"),
    (["verify", "tests", "--report=tests/made"], "--report must be a folder outside the artifact"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda value: str(value)[:60])
def test_refused_arguments_are_answered_at_once(arguments, message):
    finished = run_light(*arguments)
    assert finished.returncode == 2
    assert message in finished.stderr
    assert finished.stdout == ""


def test_a_quick_proof_says_what_it_left_out(tmp_path):
    folder = tmp_path / "artifact"
    words = [f"--checkpoint={SAMPLE}", f"--output={folder}", "--proof=quick"]
    finished = run("export", NETWORK, *words, *OPTIONS)
    assert finished.returncode == 0, finished.stderr
    found = re.search(r"^proof       quick, (\d+) passed, 3 not run$", finished.stdout, re.M)
    assert "outputs, updates, gradients: a quick proof" in finished.stdout
    record = json.loads((folder / "assets.extra" / "slimhub.json").read_text())
    assert record["proof"] == {"mode": "quick", "passed": int(found[1]), "not run": 3}
