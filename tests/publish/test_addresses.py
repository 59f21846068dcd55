"""What URLs may hold, and how they are shown."""

import pytest

from slimhub.common.errors import RequestError
from slimhub.publish import addresses
from slimhub.publish.destinations import targets

SECRETS = [
    "s3://AKIA:s3cret@bucket/x",
    "hf://me:s3cret@owner/net",
    "kaggle://me/net/tensorFlow2/small?token=s3cret",
    "https://me:s3cret@host/x",
    "gs://bucket/x?key=s3cret",
]


@pytest.mark.parametrize("target", SECRETS)
def test_a_target_with_credentials_is_refused_and_not_repeated(target):
    with pytest.raises(RequestError, match="in the environment") as refusal:
        targets.parse(target)
    assert "s3cret" not in str(refusal.value)


def test_what_may_be_secret_is_not_shown():
    said = "409 for https://me:s3cret@host/a?token=s3cret&x=1 (try again)"
    assert addresses.shown(said) == "409 for https://…@host/a?… (try again)"
    assert addresses.shown("nothing secret: what?") == "nothing secret: what?"


@pytest.mark.parametrize("url", [None, "https://models.example/a", "http://localhost:8080"])
def test_addresses_of_hubs(url):
    addresses.check(url)
