"""What is said of a place that refuses."""

import pytest

from slimhub import publish
from slimhub.publish.destinations.remote import Remote


def test_secrets_in_what_a_place_says_are_not_repeated():
    remote = Remote("Place", "hf://owner/net", "TOKEN", (ValueError,), (ConnectionError,))

    def call():
        raise ValueError("no (https://user:s3cret@host/a?X-Signature=s1gned&b=c), nor that")

    with pytest.raises(publish.PublishError) as refused:
        remote.ask("look", call)
    assert str(refused.value) == "Place says: no (https://…@host/a?…), nor that (look)"
