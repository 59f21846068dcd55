"""What URLs may hold, and how they are shown."""

import pytest
from fsspec.callbacks import Callback

from export import RequestError
from publish import PublishError, addresses
from publish.destinations import delivery, targets
from publish.destinations.local import Local

SECRETS = [
    "s3://AKIA:s3cret@bucket/x",
    "hf://me:s3cret@owner/net",
    "kaggle://me/net/tensorFlow2/small?token=s3cret",
    "https://me:s3cret@host/x",
    "gs://bucket/x?key=s3cret",
]


@pytest.mark.parametrize("target", SECRETS)
def test_a_target_with_credentials_is_refused_and_not_repeated(target):
    with pytest.raises(RequestError, match="taken from the environment") as refusal:
        targets.parse(target)
    assert "s3cret" not in str(refusal.value)


def test_what_may_be_secret_is_not_shown():
    said = "409 for https://me:s3cret@host/a?token=s3cret&x=1 (try again)"
    assert addresses.shown(said) == "409 for https://…@host/a?… (try again)"
    assert addresses.shown("nothing secret: what?") == "nothing secret: what?"


@pytest.mark.parametrize("url", [None, "https://models.example/a", "http://localhost:8080"])
def test_addresses_of_hubs(url):
    addresses.check(url)


def test_the_second_of_two_publishers_replaces_nothing(artifact, copied, tmp_path):
    told = copied / "assets.extra" / "slimhub.json"
    told.write_text(told.read_text().replace("slimhub export", "slimhub  export"))
    packages, destinations, plans = [], [], []
    for folder in (artifact().path, copied):
        packages.append(delivery.pack(folder, delivery.Options(handle="me/net/1")))
        destinations.append(targets.parse(f"file://{tmp_path}/store"))
        plans.append(destinations[-1].plan(packages[-1]))
    destinations[0].send(packages[0], plans[0], lambda *told: None)
    destinations[0].confirm(packages[0], plans[0])
    with pytest.raises(PublishError, match=r"published at .* with other content"):
        destinations[1].send(packages[1], plans[1], lambda *told: None)
    destinations[0].confirm(packages[0], plans[0])


def test_a_file_that_came_meanwhile_is_kept(tmp_path):
    store, source = Local.parse(f"file://{tmp_path}/store"), tmp_path / "new"
    source.write_text("new")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "1.tar.gz").write_text("first")
    with pytest.raises(PublishError, match="has come meanwhile"):
        store.put(store.open(), source, f"{tmp_path}/store/1.tar.gz", "", Callback())
    assert [path.read_text() for path in (tmp_path / "store").iterdir()] == ["first"]
