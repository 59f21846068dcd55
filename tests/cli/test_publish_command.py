"""`slimhub publish` as a process: to stores on loopback, signed and not."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from tests.fixtures import store_places
from tests.fixtures.commands import NETWORK, OPTIONS, SAMPLE, run, run_light
from tests.fixtures.faulty_proxy import Fault
from tests.fixtures.support import REPOSITORY

HANDLE = "acme/digits/classification/3"


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    folder = tmp_path_factory.mktemp("publish") / "artifact"
    words = [f"--checkpoint={SAMPLE}", f"--output={folder}", "--task=classification"]
    finished = run("export", NETWORK, *words, *OPTIONS, "--proof=none")
    assert finished.returncode == 0, finished.stderr
    return folder


@pytest.fixture
def environment(tmp_path):
    """Of a user without credentials, whose every written file can be looked at."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "GOOGLE_", "GCE_", "CLOUDSDK_"))
    }
    (tmp_path / "tmp").mkdir()
    return kept | {"HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp")}


@contextlib.contextmanager
def at(scheme, folder, environment):
    (folder / "account").mkdir()
    with getattr(store_places, scheme)(folder / "account") as place:
        yield place, environment | place.environment


def publish(artifact, place, environment, *words):
    words = (str(artifact), place.target, f"--handle={HANDLE}", *words)
    return run("publish", *words, env=environment)


def check_secrets(scheme, folder, place, *finished):
    """Nothing that was written names a secret, and nothing is left of what was staged."""
    written = [(f.stdout + f.stderr).encode() for f in finished]
    files = [path for path in folder.rglob("*") if path.is_file()]
    written += [path.read_bytes() for path in files if path.parent.name != "account"]
    written += list(place.files().values())
    secrets = [secret.encode() for secret in store_places.SECRETS[scheme]]
    for path in (folder / "account").glob("*.json"):
        secrets += json.loads(path.read_text())["private_key"].encode().splitlines()[1:-1]
    assert secrets
    assert not [secret for secret in secrets for content in written if secret in content]
    assert list((folder / "tmp").iterdir()) == []


@pytest.mark.slow
def test_a_dry_run_lists_what_a_real_one_does(artifact, tmp_path, environment):
    with at("s3", tmp_path, environment) as (place, environment):
        dry = publish(artifact, place, environment, "--dry_run", "--format=json")
        assert dry.returncode == 0, dry.stderr
        assert place.files() == {}
        planned = json.loads(dry.stdout)
        assert planned["is_published"] is False
        real = publish(artifact, place, environment, "--format=json")
        assert real.returncode == 0, real.stderr
        assert json.loads(real.stdout) == planned | {"is_published": True}
        changes = planned["plan"]["changes"]
        assert {c["name"]: c["file"]["bytes"] for c in changes} == {
            name: len(content) for name, content in place.files().items()
        }
        for change in changes:
            assert f"MB in all; {change['name']}: " in real.stderr
        check_secrets("s3", tmp_path, place, dry, real, refused(artifact, place, environment))


@pytest.mark.slow
def test_a_service_account_publishes(artifact, tmp_path, environment):
    with at("gs", tmp_path, environment) as (place, environment):
        real = publish(artifact, place, environment)
        assert real.returncode == 0, real.stderr
        assert real.stdout.splitlines()[-2:] == [
            f'load it     hub.KerasLayer("{place.target}/{HANDLE}")  # with credentials',
            f'            hub.KerasLayer("{place.proxy.url}/{place.root}/{HANDLE}.tar.gz")  '
            "# where it is public",
        ]
        assert f"{HANDLE}.tar.gz" in place.files()
        check_secrets("gs", tmp_path, place, real, refused(artifact, place, environment))


def refused(artifact, place, environment):
    """A run whose credentials are refused, with everything that is known of why."""
    place.proxy.faults.append(Fault("^GET", 403))
    finished = publish(artifact, place, environment, "--debug")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "Traceback" in finished.stderr
    return finished


@pytest.mark.slow
def test_a_signed_artifact_in_a_folder(artifact, tmp_path, environment):
    from cryptography.hazmat.primitives.asymmetric import ec

    from tests.publish.conftest import write_key

    private, public = write_key(tmp_path, "mine", ec.generate_private_key(ec.SECP256R1()))
    secret = (tmp_path / "mine.key").read_bytes().splitlines()[1]
    with at("file", tmp_path, environment) as (place, environment):
        words = (f"--sign={private}", "--license=apache-2.0")
        dry = publish(artifact, place, environment, *words, "--dry_run")
        assert dry.returncode == 0, dry.stderr
        assert f"card        {HANDLE}.md\n  | # Module {HANDLE}\n" in dry.stdout
        assert f"\nwould       upload {HANDLE}/assets.extra/model.sig, " in dry.stdout
        assert "file        saved_model.pb, " in dry.stdout
        first = publish(artifact, place, environment, *words)
        assert first.returncode == 0, first.stderr
        folder = f"{place.root}/{HANDLE}"
        assert first.stdout.splitlines()[-2:] == [
            f"published   {folder}.md",
            f'load it     hub.KerasLayer("{folder}")',
        ]
        for text in (dry, first):
            assert secret.decode() not in text.stdout + text.stderr
        assert not [name for name, content in place.files().items() if secret in content]
        assert not (artifact / "assets.extra/model.sig").exists()
        told = run("verify", folder, f"--public_key={public}", env=environment)
        assert told.returncode == 0, told.stdout
        assert "passed   files      signature: of all files" in told.stdout


@pytest.mark.slow
def test_an_interrupt_says_what_is_there(artifact, tmp_path, environment):
    with at("s3", tmp_path, environment) as (place, environment):
        place.proxy.faults.append(Fault("^PUT .*saved_model", "hold"))
        command = [sys.executable, "-m", "slimhub", "publish", str(artifact), place.target]
        process = subprocess.Popen(
            [*command, f"--handle={HANDLE}"],
            cwd=REPOSITORY,
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert place.proxy.holds.wait(60)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
        assert process.returncode == 130
        assert output == ""
        said = "slimhub: interrupted; 4 of 8 files sent: publish again to resume"
        assert errors.splitlines()[-1] == said
        assert f"{HANDLE}.tar.gz" not in place.files()
        assert list((tmp_path / "tmp").iterdir()) == []


def test_an_artifact_that_fails_its_proof_is_not_published(artifact, tmp_path, environment):
    folder = shutil.copytree(artifact, tmp_path / "artifact")
    path = folder / "assets.extra/slimhub.json"
    content = json.loads(path.read_text())
    content["golden"]["output"]["sha256"] = "0" * 64
    path.write_text(json.dumps(content))
    with at("file", tmp_path, environment) as (place, environment):
        finished = publish(folder, place, environment)
        assert (finished.returncode, finished.stdout) == (1, "")
        said = finished.stderr.splitlines()[-1]
        assert "artifact fails its proof and was not published: output for known images" in said
        assert place.files() == {}


REFUSED = [
    (["publish"], "slimhub publish: missing ARTIFACT and TARGET"),
    (
        ["publish", "tests", "elsewhere"],
        "'elsewhere': did you mean hub:elsewhere? Otherwise write hub:FOLDER, ",
    ),
    (["publish", "tests", "s3://B"], "the bucket 'B' in 's3://B' must have 3 to 63"),
    (
        ["publish", "tests", "hub:x", "--overwrite_card"],
        "--overwrite_card does not apply to hub:x",
    ),
    (["publish", "tests", "hub:"], "the target 'hub:' is not hub:FOLDER"),
    (["publish", "tests", "hub:x", "--sign=tests"], "cannot read the private key tests"),
    (["publish", "tests", "s3://bucket", "--overwrite_card"], "--overwrite_card does not apply"),
    (["publish", "tests", "s3://bucket", "--sign=tests"], "cannot read the private key tests"),
    (["publish", "tests", "s3://bucket", "--url=x"], "the address x must start with https://"),
    (["verify", "tests", "--public_key=README.md"], "README.md is not a public key in PEM format"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda value: str(value)[:60])
def test_refused_arguments_are_answered_at_once(arguments, message):
    finished = run_light(*arguments)
    assert finished.returncode == 2
    assert message in finished.stderr
    assert (finished.stdout, finished.stderr.count("Traceback")) == ("", 0)
