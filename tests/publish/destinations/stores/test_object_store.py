"""Object stores and folders, by the real clients against servers on loopback."""

import ast
import hashlib
import os
import tarfile
import types

import numpy as np
import pytest

from slimhub import publish
from slimhub.publish import bundle, signing
from slimhub.publish.destinations import delivery, targets
from slimhub.publish.destinations.stores.local_folder import Local
from slimhub.publish.destinations.stores.s3 import S3
from slimhub.publish.pages.checker import linter
from slimhub.publish.pages.publisher_texts import PublisherTexts
from tests.fixtures import store_places
from tests.fixtures.faulty_proxy import Fault
from tests.fixtures.support import images
from tests.publish.destinations.stores.conftest import HANDLE, begin, put

MODEL = HANDLE.rpartition("/")[0]
UPLOADS = {"s3": "^PUT .*models", "gs": "^POST /upload"}


def test_a_version_is_published_once(artifact, place, tmp_path):
    plan, told = put(artifact().path, place)
    found = place.files()
    assert {change.name for change in plan.changes} == set(found)
    for change in plan.changes:
        assert change.action == "upload"
        assert len(found[change.name]) == change.file.bytes
        assert hashlib.sha256(found[change.name]).hexdigest() == change.file.sha256
        assert (change.name, change.file.bytes, change.file.bytes) in told
    # Who finds one of these finds all that it leads to.
    order = [change.name.removeprefix(HANDLE) for change in plan.changes]
    assert order[-4:] == ["/saved_model.pb", ".tar.gz.sha256", ".tar.gz", ".md"]
    assert plan.cards == {f"{HANDLE}.md": found[f"{HANDLE}.md"].decode()}
    check_archive(found, tmp_path)
    assert put(artifact().path, place)[0].changes == ()
    assert place.files() == found


def check_archive(found, folder):
    digest = hashlib.sha256(found[f"{HANDLE}.tar.gz"]).hexdigest()
    assert found[f"{HANDLE}.tar.gz.sha256"].decode() == bundle.digest_line(digest, "5.tar.gz")
    (folder / "archive").write_bytes(found[f"{HANDLE}.tar.gz"])
    with tarfile.open(folder / "archive") as archive:
        for member in filter(tarfile.TarInfo.isfile, archive):
            assert archive.extractfile(member).read() == found[f"{HANDLE}/{member.name}"]


def test_what_is_loaded_from_there_computes_the_same(artifact, place):
    import tensorflow as tf
    import tensorflow_hub as hub

    plan, _ = put(artifact().path, place)
    line = plan.load.splitlines()[-1]
    assert line.startswith('hub.KerasLayer("')
    address = line.split('"')[1]
    if place.scheme == "s3":
        place.open().chmod(f"{place.root}/{HANDLE}.tar.gz", "public-read")
    batch = tf.constant(images(2, 224))
    expected = artifact().load()(batch)
    np.testing.assert_array_equal(hub.load(address)(batch), expected)
    assert address in plan.cards[f"{HANDLE}.md"]


def test_other_bytes_under_a_version_are_refused(artifact, place):
    put(artifact().path, place)
    before = place.files()
    other = artifact("mobilenet_v1_050_128").path
    refusal = rf"with other content \({HANDLE}.*publish it as `handle={MODEL}/6`"
    with pytest.raises(publish.PublishError, match=refusal):
        begin(other, place)
    assert place.files() == before
    plan, _ = put(other, place, f"{MODEL}/6")
    after = place.files()
    assert set(after) - set(before) == {change.name for change in plan.changes}
    assert {name: after[name] for name in before} == before
    with pytest.raises(publish.PublishError, match=rf"`handle={MODEL}/7`"):
        begin(other, place)


def test_a_page_alone_may_change(artifact, place):
    put(artifact().path, place)
    url = "https://models.example/x"
    plan, _ = put(artifact().path, place, license="apache-2.0", url=url)
    assert [(c.action, c.name) for c in plan.changes] == [("replace", f"{HANDLE}.md")]
    page = place.files()[f"{HANDLE}.md"].decode()
    assert "<!-- license: apache-2.0 -->" in page
    assert f"<!-- asset-path: {url}/{HANDLE}.tar.gz -->" in page
    assert plan.load == f'hub.KerasLayer("{url}/{HANDLE}.tar.gz")'


def test_what_was_broken_off_goes_on(artifact, place):
    destination, package, plan = begin(artifact().path, place)

    class BrokenOffError(Exception):
        pass

    def transfer(name, done, total):
        if name.endswith("saved_model.pb"):
            raise BrokenOffError

    with pytest.raises(BrokenOffError):
        destination.send(package, plan, transfer)
    begun = place.files()
    assert f"{HANDLE}.tar.gz" not in begun
    _, _, rest = begin(artifact().path, place)
    assert len(rest.changes) == len(plan.changes) - len(begun)
    put(artifact().path, place)
    assert set(place.files()) == {change.name for change in plan.changes}


def test_who_comes_second_changes_nothing(artifact, place):
    others = begin(artifact("mobilenet_v1_050_128").path, place)
    put(artifact().path, place)
    before = place.files()
    if place.scheme == "gs":  # the emulator does not know the condition; it must be asked for
        created = [line for line in place.proxy.lines if line.startswith("POST /upload")]
        assert sum("ifGenerationMatch=0" in line for line in created) == len(before) - 1
        place.proxy.faults.append(Fault("^POST /upload.*ifGenerationMatch=0", 412))
    destination, package, plan = others
    with pytest.raises(publish.PublishError, match=rf"somebody else publishes {HANDLE}.*stays"):
        destination.send(package, plan, lambda *_: None)
    assert place.files() == before


def test_who_comes_second_with_the_same_is_content(artifact, place):
    destination, package, plan = begin(artifact().path, place)
    put(artifact().path, place)
    destination.send(package, plan, lambda *_: None)
    destination.confirm(package, plan)


def test_a_folder_without_links_keeps_what_is_there(artifact, tmp_path, home, monkeypatch):
    def link(*_):
        raise PermissionError

    monkeypatch.setattr(os, "link", link)
    with store_places.file(tmp_path) as folder:
        others = begin(artifact("mobilenet_v1_050_128").path, folder)
        put(artifact().path, folder)
        with pytest.raises(publish.PublishError, match="somebody else"):
            others[0].send(others[1], others[2], lambda *_: None)


def test_a_folder_of_any_name_has_a_line_that_loads():
    line = Local.parse('file:///tmp/a"b\\ü').load("me/net/1", "")
    call = ast.parse(line, mode="eval").body
    assert ast.literal_eval(call.args[0]) == '/tmp/a"b\\ü/me/net/1'


@pytest.mark.parametrize(
    ("bucket", "url"),
    [
        ("some-bucket", "https://some-bucket.s3.amazonaws.com/models"),
        ("models.example", "https://s3.eu-west-1.amazonaws.com/models.example/models"),
    ],
)
def test_where_amazon_has_a_bucket(home, monkeypatch, bucket, url):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    store = S3.parse(f"s3://{bucket}/models")
    assert store.address() == url
    assert store.load("me/net/1", f"{url}/a").endswith('/a")  # where it is public')


@pytest.mark.parametrize("after", ["alter", "remove"])
def test_what_differs_afterwards_is_named(artifact, place, after):
    destination, package, plan = begin(artifact().path, place)
    destination.send(package, plan, lambda *_: None)
    name = f"{HANDLE}/variables/variables.index"
    content = bytearray(place.files()[name])
    content[7] ^= 1
    place.open().rm(f"{place.root}/{name}")
    if after == "alter":
        place.open().pipe_file(f"{place.root}/{name}", bytes(content))
    with pytest.raises(publish.PublishError, match=rf"{name} at .* is not what was sent"):
        destination.confirm(package, plan)


def test_a_byte_that_changed_on_the_way_is_found(artifact, remote, impatient):
    destination, package, plan = begin(artifact().path, remote)
    remote.proxy.faults.append(Fault(UPLOADS[remote.scheme], "flip", times=4))
    with pytest.raises(publish.PublishError, match=r"is not what was sent|cannot send"):
        destination.send(package, plan, lambda *_: None)
        destination.confirm(package, plan)


def test_a_signature_that_is_there_is_kept(copied, place, keys):
    sent = []
    for name in ("mine", "mine", "other"):
        destination = targets.parse(place.target)
        kept = destination.signature(delivery.pack(copied, delivery.PublishOptions(HANDLE)))
        with signing.signed(copied, keys(name)[0], kept) as folder:
            if name == "other":
                with pytest.raises(publish.PublishError, match=r"other content \(.*model\.sig\)"):
                    put(folder, place)
            else:
                sent.append(len(put(folder, place)[0].changes))
    assert sent == [9, 0]
    with pytest.raises(publish.PublishError, match=r"other content"):
        put(copied, place)  # without its signature


def test_a_cut_connection_is_tried_again(artifact, remote, impatient):
    destination, package, plan = begin(artifact().path, remote)
    cut = Fault(UPLOADS[remote.scheme], "cut", times=3)
    remote.proxy.faults.append(cut)
    destination.send(package, plan, lambda *_: None)
    destination.confirm(package, plan)
    assert cut.times == 0


def test_parts_of_a_large_file_are_sent_again(remote, tmp_path, impatient):
    source = tmp_path / "large"
    source.write_bytes(np.random.RandomState(0).bytes(20_000_000))
    store = targets.parse(remote.target)._store
    told = []

    class Told:
        def __getattr__(self, name):
            return lambda *arguments: told.append(arguments)

    path = f"{remote.root}/large"
    cut = Fault(
        {"s3": "^PUT .*partNumber=2", "gs": "^POST /upload.*upload_id"}[remote.scheme], "cut", 2
    )
    remote.proxy.faults.append(cut)
    store.put(store.open(), source, path, "application/octet-stream", Told(), is_new=True)
    assert cut.times == 0
    found = remote.open().info(path)
    assert remote.open().cat_file(path) == source.read_bytes()
    assert store.vouches(found, source)
    assert len(told) >= 3


def test_what_the_publisher_said_is_kept_for_the_version(artifact, tmp_path):
    place = types.SimpleNamespace(target=f"file://{tmp_path}/store")
    page = tmp_path / "store" / f"{HANDLE}.md"
    said = PublisherTexts(description="Tells roses from tulips.")
    put(artifact().path, place, texts=said, license="mit")
    assert put(artifact().path, place)[0].changes == ()
    plan, _ = put(artifact().path, place, texts=PublisherTexts(changelog="* Trained longer."))
    assert plan.result == "page"
    text = page.read_text()
    for expected in ("Tells roses from tulips.", "license: mit", "* Trained longer."):
        assert expected in text
    assert linter.check(text) == []
    put(artifact().path, place, texts=PublisherTexts(description=""))
    assert "Tells roses" not in page.read_text()
