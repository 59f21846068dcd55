"""What goes wrong with stores: one sentence each, that says what to do."""

import re
import sys
import time

import pytest

from slimhub import export, publish
from slimhub.publish.destinations import delivery, targets
from slimhub.publish.destinations.stores.gcs import Gcs
from slimhub.publish.destinations.stores.s3 import S3
from tests.fixtures.faulty_proxy import Fault
from tests.fixtures.recorded_progress import RecordedProgress
from tests.fixtures.store_places import SECRETS
from tests.publish.destinations.stores.conftest import HANDLE, begin

SENT = {"s3": "^PUT", "gs": "^POST /upload"}
ANSWERS = [
    (
        403,
        "returned 403.*: the credentials must be valid, with permission to list, read and write",
    ),
    (429, "keeps returning 429.*: try again later"),
    (500, "keeps returning 500.*: try again later"),
]


def refused(call, *arguments, error=publish.PublishError):
    """The message of what a call raises: one line, without a secret."""
    with pytest.raises(error) as raised:
        call(*arguments)
    message = str(raised.value)
    assert "\n" not in message
    assert not [secret for secrets in SECRETS.values() for secret in secrets if secret in message]
    return message


@pytest.mark.parametrize(("status", "message"), ANSWERS)
def test_an_answer_is_told_when_asking(artifact, remote, impatient, status, message):
    remote.proxy.faults.append(Fault("^GET", status))
    said = refused(begin, artifact().path, remote)
    assert said.startswith(f"cannot compare with what is there: {remote.target} ")
    assert re.search(message, said), said
    assert {line.split()[0] for line in remote.proxy.lines} == {"GET"}


@pytest.mark.parametrize(("status", "message"), ANSWERS)
def test_an_answer_is_told_when_sending(artifact, remote, impatient, status, message):
    destination, package, plan = begin(artifact().path, remote)
    remote.proxy.faults.append(Fault(SENT[remote.scheme], status))
    said = refused(destination.send, package, plan, lambda *_: None)
    assert said.startswith(f"cannot send {plan.changes[0].name}: {remote.target} ")
    assert re.search(message, said), said
    assert said.endswith(f"0 of {len(plan.changes)} files uploaded: publish again to resume")


def test_a_busy_store_is_asked_again(artifact, remote, impatient):
    busy = Fault("^GET", 503, times=1)
    remote.proxy.faults.append(busy)
    assert begin(artifact().path, remote)[2].changes
    assert busy.times == 0


def test_a_bucket_that_is_not_there(artifact, remote):
    remote.target = remote.target.replace("some-bucket", "no-such-bucket")
    said = refused(begin, artifact().path, remote)
    assert re.search(r"no bucket no-such-bucket \(404.*\): create it, or choose another", said)


def test_a_store_that_cannot_be_reached(artifact, remote, impatient):
    remote.proxy.faults.append(Fault("", "cut"))
    said = refused(begin, artifact().path, remote)
    assert re.search(f"no connection to {remote.target} .*: check the network", said)


def test_missing_credentials_are_told_without_asking(artifact, remote, monkeypatch, caplog):
    for name in remote.environment:
        if "ENDPOINT" not in name and "HOST" not in name:
            monkeypatch.delenv(name)
    start = time.monotonic()
    said = refused(begin, artifact().path, remote, error=export.RequestError)
    assert said.startswith(f"no credentials for {remote.target}: ")
    assert caplog.records == []  # the error says it all
    assert {"s3": "AWS_ACCESS_KEY_ID", "gs": "gcloud auth"}[remote.scheme] in said
    assert remote.proxy.lines == []
    assert time.monotonic() - start < 5  # nobody waits for an address of other machines


def test_a_dry_run_without_credentials_is_the_plan_of_a_first_version(
    artifact, remote, monkeypatch
):
    _, _, plan = begin(artifact().path, remote)
    asked = len(remote.proxy.lines)
    for name in remote.environment:
        if "ENDPOINT" not in name and "HOST" not in name:
            monkeypatch.delenv(name)
    options = delivery.PublishOptions(handle=HANDLE, dry_run=True)
    outcome = delivery.deliver(artifact().path, remote.target, options, RecordedProgress())
    assert outcome.plan.changes == plan.changes
    assert outcome.plan.cards == plan.cards
    (note,) = outcome.plan.notes
    assert note.startswith(f"no credentials for {remote.target}: ")
    assert note.endswith("; without that, this plan assumes that nothing has been published yet")
    assert len(remote.proxy.lines) == asked


def test_damaged_credentials_are_told(artifact, remote, monkeypatch, tmp_path):
    if remote.scheme == "s3":
        monkeypatch.setenv("AWS_PROFILE", "nobody")
    else:
        (tmp_path / "account.json").write_text("{")
    said = refused(begin, artifact().path, remote, error=export.RequestError)
    assert "credentials for" in said
    assert remote.proxy.lines == []


@pytest.mark.parametrize("package", ["fsspec", "gcsfs", "jinja2", "s3fs"])
def test_a_missing_extra_is_one_sentence(artifact, place, monkeypatch, package):
    needed = {"s3": ("s3fs", "s3"), "gs": ("gcsfs", "gcs"), "file": ("fsspec", "hub")}
    client, extra = needed[place.scheme]
    if package not in (client, "jinja2"):
        return
    monkeypatch.setitem(sys.modules, package, None)
    said = refused(begin, artifact().path, place, error=export.RequestError)
    assert said == f"{package} not installed: pip install 'slimhub[{extra}]'"


def test_a_folder_that_cannot_be_written(artifact, tmp_path):
    (tmp_path / "site" / "local").mkdir(parents=True)
    (tmp_path / "site" / "local" / "a").write_text("in the way")
    destination = targets.parse(f"file://{tmp_path}/site")
    package = delivery.pack(artifact().path, delivery.PublishOptions(handle="local/a/1"))
    plan = destination.plan(package)
    said = refused(destination.send, package, plan, lambda *_: None)
    assert re.fullmatch(r"cannot send local/a/1/\S+: (File exists|Not a directory); 0 of .*", said)
    assert not list((tmp_path / "site").glob(".slimhub*"))


REFUSED = [
    ("s4://bucket", "unknown target 's4://bucket': write hub:FOLDER, kaggle://"),
    ("models", "unknown target 'models': did you mean hub:models?"),
    ("hbu:models", "unknown target 'hbu:models': did you mean hub:models?"),
    ("s33://bucket/x", "did you mean s3://bucket/x?"),
    ("s3:bucket", "the bucket 's3:bucket' in 's3:bucket' must have 3 to 63"),
    ("s3://", "the bucket '' in"),
    ("s3://Bucket/x", "the bucket 'Bucket'"),
    ("s3://bucket//x", "'' cannot be a part of the target"),
    ("s3://bucket/../x", "'..' cannot be a part of the target"),
    ("s3://bucket/a b", "'a b' cannot be a part of the target"),
    ("gs://b", "the bucket 'b'"),
    ("gs://bucket/x?y", "must not contain a user name, password or query"),
    ("file://models", "is not file:///FOLDER"),
    ("file:///dev/null", "/dev/null is not a folder"),
]


@pytest.mark.parametrize(("target", "message"), REFUSED)
def test_targets_that_cannot_be(target, message):
    assert message in refused(targets.parse, target, error=export.RequestError)


def test_a_folder_in_an_artifact_is_refused(artifact):
    for folder in (artifact().path, f"{artifact().path}/assets.extra/hub"):
        said = refused(targets.parse, f"file://{folder}", error=export.RequestError)
        assert "is a SavedModel: choose a target outside it" in said


def test_an_address_tells_no_password(home, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://name:FAKESECRET@store.example:9000/")
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://name:FAKESECRET@store.example")
    assert S3.parse("s3://bucket/x").address() == "http://store.example:9000/bucket/x"
    assert Gcs.parse("gs://bucket/x").address() == "http://store.example/bucket/x"


def test_public_addresses(home):
    assert S3.parse("s3://bucket/x").address() == "https://bucket.s3.amazonaws.com/x"
    assert S3.parse("s3://bucket").address() == "https://bucket.s3.amazonaws.com"
    assert S3.parse("s3://my.bucket/x").address() == "https://s3.amazonaws.com/my.bucket/x"
    assert Gcs.parse("gs://bucket/x").address() == "https://storage.googleapis.com/bucket/x"


@pytest.mark.parametrize("option", ["handle", "license", "url"])
def test_options_that_cannot_be(artifact, place, option):
    values = {"handle": "a/1", "license": "mine", "url": "https://me:x@y"}
    refused(
        lambda: begin(artifact().path, place, **{option: values[option]}),
        error=export.RequestError,
    )
    assert not place.proxy or place.proxy.lines == []
