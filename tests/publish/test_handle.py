"""Handles."""

import pytest

from slimhub import export, publish


def test_a_handle_is_publisher_name_and_version():
    text = "google/imagenet/mobilenet_v3_small_075_224/feature_vector/5"
    handle = publish.Handle.parse(text)
    assert str(handle) == text
    assert (handle.publisher, handle.version) == ("google", 5)
    assert handle.name == "imagenet/mobilenet_v3_small_075_224/feature_vector"
    assert handle.model == "google/imagenet/mobilenet_v3_small_075_224/feature_vector"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is not PUBLISHER/NAME/VERSION"),
        ("google/5", "is not PUBLISHER/NAME/VERSION"),
        ("Google/a/5", "the publisher 'Google'"),
        ("/a/5", "the publisher ''"),
        ("..//5", "the publisher '..'"),
        ("google/a/b", "not in 'b'"),
        ("google/a/05", "not in '05'"),
        ("google/a/٣", "not in '٣'"),
        ("google/a/5\n", "not in '5\n'"),
        ("google/a//5", "the name 'a/'"),
        ("google/a b/5", "the name 'a b'"),
        ("google/ä/5", "the name 'ä'"),
        ("google/../5", "'..' cannot be a part"),
        ("google/a/.slimhub/5", "'.slimhub' cannot be a part"),
        ("google/a/1/5", "'1' cannot be a part"),
        ("google/1.tar.gz/5", r"'1.tar.gz' cannot be a part"),
        ("google/index.html/5", "'index.html' cannot be a part"),
    ],
)
def test_other_texts_are_refused(text, complaint):
    with pytest.raises(export.RequestError, match=complaint.replace(".", r"\.")):
        publish.Handle.parse(text)
