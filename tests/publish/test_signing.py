"""Signatures: what they cover, and whose they are."""

import base64
import json
import sys
from pathlib import Path

import pytest

from slimhub import export, publish
from slimhub.common import files
from slimhub.export import record
from slimhub.publish import signing
from slimhub.publish.destinations import delivery
from slimhub.publish.destinations.hub_destination import HubDestination
from slimhub.publish.hub import index
from tests.fixtures import hubs
from tests.publish.conftest import HANDLE, write_key


@pytest.fixture
def signed(copied, keys):
    """A signed artifact, to be changed."""
    with signing.signed(copied, keys()[0], None) as folder:
        (copied / record.SIGNATURE).write_bytes((folder / record.SIGNATURE).read_bytes())
    return copied


def state(folder):
    return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in folder.rglob("*")}


def test_a_signature_covers_every_file_but_itself(copied, keys):
    before = state(copied)
    with signing.signed(copied, keys()[0], None) as folder:
        bundled = json.loads((folder / record.SIGNATURE).read_text())
        statement = json.loads(base64.b64decode(bundled["dsseEnvelope"]["payload"]))
        covered = {row["name"] for row in statement["predicate"]["resources"]}
        names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        assert covered == names - {record.SIGNATURE}
        assert str(folder.parent) not in json.dumps(statement)
        assert copied.name not in json.dumps(statement)
        check = signing.check(folder, keys()[1])
        assert (check.area, check.name, check.outcome) == ("files", "signature", "passed")
    assert state(copied) == before
    assert not folder.exists()


@pytest.mark.parametrize("curve", ["SECP384R1", "SECP521R1"])
def test_other_curves_sign_too(copied, keys, curve):
    from cryptography.hazmat.primitives.asymmetric import ec

    private, public = keys(curve, getattr(ec, curve))
    with signing.signed(copied, private, None) as folder:
        assert signing.check(folder, public).outcome == "passed"


def test_a_signature_without_a_key_is_not_run(signed):
    check = signing.check(signed, None)
    assert (check.outcome, check.detail) == (
        "not run",
        f"{record.SIGNATURE} exists: check it with `public_key`",
    )
    (signed / record.SIGNATURE).unlink()
    assert signing.check(signed, None) is None


def spoil(signed, what):
    """Changes a signed artifact, and gives what is said of it."""
    path = signed / record.SIGNATURE
    index = signed / "variables/variables.index"
    if what == "missing":
        path.unlink()
        return f"it is not signed: it has no {record.SIGNATURE}"
    if what == "garbage":
        path.write_text("{}")
        return "is not a signature of a model with a key"
    if what == "changed":
        index.write_bytes(index.read_bytes()[:-1] + b"x")
        return "variables/variables.index changed, appeared or disappeared after it was made"
    if what == "added":
        (signed / "assets.extra/more").write_text("more")
        return "assets.extra/more changed"
    if what == "removed":
        (signed / "assets.extra/golden_output.npy").unlink()
        return "assets.extra/golden_output.npy changed"
    if what == "record":
        (signed / record.PATH).write_text((signed / record.PATH).read_text() + " ")
        return f"{record.PATH} changed"
    return rewrite(signed, what)


def rewrite(signed, what):
    """Changes a file, and what the signature says of it."""
    path = signed / record.SIGNATURE
    bundled = json.loads(path.read_text())
    statement = json.loads(base64.b64decode(bundled["dsseEnvelope"]["payload"]))
    if what == "forged":
        (signed / "saved_model.pb").write_bytes(b"mine")
        for row in statement["predicate"]["resources"]:
            row["digest"] = files.sha256_of(signed / row["name"])
    else:  # the statement is another one that looks the same
        statement["subject"][0]["name"] = "other"
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    bundled["dsseEnvelope"]["payload"] = payload
    path.write_text(json.dumps(bundled))
    return "it is not valid: InvalidSignature"


SPOILED = ["missing", "garbage", "changed", "added", "removed", "record", "forged", "renamed"]


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_wrong_is_named(signed, keys, what):
    said = spoil(signed, what)
    check = signing.check(signed, keys()[1])
    assert check.outcome == "failed"
    assert said in check.detail


def test_another_key_fails(signed, keys):
    check = signing.check(signed, keys("other")[1])
    assert (check.outcome, check.detail) == ("failed", "it was made with another key")


def test_a_signature_that_holds_is_kept(copied, keys):
    def sign(kept, name="mine"):
        key = keys(name)[0]
        with signing.signed(copied, key, kept) as folder:
            return (folder / record.SIGNATURE).read_bytes()

    first = sign(None)
    assert sign(None) != first  # random
    assert sign(first) == first
    assert sign(first, "other") != first
    assert sign(b"garbage") != b"garbage"
    (copied / "assets.extra/more").write_text("more")
    assert sign(first) != first


def test_a_hub_keeps_a_signature(artifact, keys, tmp_path):
    hub, changes = tmp_path / "hub", []
    for key in (keys()[0], keys()[0]):
        destination = HubDestination(hub)
        package = delivery.pack(artifact().path, delivery.PublishOptions(handle=HANDLE, sign=key))
        kept = destination.signature(package)
        with signing.signed(Path(artifact().path), key, kept) as folder:
            changes.append(hubs.put(folder, hub, HANDLE).change)
    assert changes == ["new", "none"]
    assert signing.check(hub / HANDLE, keys()[1]).outcome == "passed"
    version = index.read(hub).models[HANDLE.rpartition("/")[0]][5]
    assert record.SIGNATURE in version.files


def test_keys_that_cannot_sign_are_refused(keys, tmp_path):
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    private, public = keys()
    covered, _ = keys("covered", password=b"FAKEPASSWORD")
    other = write_key(tmp_path, "rsa", rsa.generate_private_key(65537, 2048))
    curve = write_key(tmp_path, "k1", ec.generate_private_key(ec.SECP256K1()))
    for key in (public, covered, str(tmp_path / "missing"), str(tmp_path), other[0], curve[0]):
        with pytest.raises(export.RequestError, match=r"private key|not a key on the curves"):
            signing.check_key(key)
    for key in (private, __file__, other[1], curve[1]):
        with pytest.raises(export.RequestError, match=r"not a public key|not a key on the curves"):
            signing.check(tmp_path, key)


@pytest.mark.parametrize("package", ["model_signing", "OpenSSL"])
def test_a_missing_extra_is_one_sentence(keys, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(export.RequestError, match=r"not installed: pip install 'slimhub\[sign\]'"):
        signing.check_key(keys()[0])


@pytest.mark.parametrize("what", ["garbage", "changed", "removed", "record"])
def test_a_signature_that_cannot_hold_is_not_published(signed, what):
    said = spoil(signed, what)
    with pytest.raises(publish.PublishError, match=r"is not valid: .*`sign`") as refusal:
        signing.check_digests(signed)
    assert said in str(refusal.value)


def test_publishing_looks_at_a_signature(copied, keys, tmp_path):
    path = copied / record.SIGNATURE
    path.write_text("{}")
    for refuse in (
        lambda: hubs.put(copied, tmp_path / "hub", HANDLE),
        lambda: delivery.pack(copied, delivery.PublishOptions(handle=HANDLE)),
    ):
        with pytest.raises(publish.PublishError, match=r"is not a signature of a model"):
            refuse()
    assert not (tmp_path / "hub" / HANDLE).exists()
    # Another one takes its place.
    assert delivery.pack(copied, delivery.PublishOptions(handle=HANDLE, sign=keys()[0])).files
    with signing.signed(copied, keys()[0], None) as folder:
        assert delivery.pack(folder, delivery.PublishOptions(handle=HANDLE)).files


def test_a_refusal_says_that_only_the_signature_differs(artifact, copied, keys, tmp_path, put):
    hub = tmp_path / "hub"
    handle = "google/imagenet/net/feature_vector/5"  # of any network
    put(copied, hub, handle)
    with (
        signing.signed(copied, keys()[0], None) as folder,
        pytest.raises(publish.PublishError, match=r"; only its signature differs\).*`handle="),
    ):
        put(folder, hub, handle)
    with pytest.raises(publish.PublishError, match=r"other content") as refusal:
        put(artifact("mobilenet_v1_050_128").path, hub, handle)
    assert "signature" not in str(refusal.value)
