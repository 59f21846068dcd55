"""Labels of classification artifacts."""

import pytest

from slimhub import nets
from slimhub.common.errors import RequestError
from slimhub.export import labels

SPEC = nets.get("mobilenet_v3_small_075_224")


def test_imagenet_has_a_background_and_a_thousand_classes():
    names = labels.imagenet().names
    assert len(names) == 1001
    assert names[0] == "background"
    assert names[1].startswith("tench")
    assert labels.choose(None, "classification", SPEC) == labels.imagenet()


def test_networks_without_background_have_a_thousand():
    chosen = labels.choose(None, "classification", nets.get("vgg_16"))
    assert chosen.names == labels.imagenet().names[1:]
    assert "background" not in chosen.source


def test_other_class_counts_have_none_of_their_own():
    assert labels.choose(None, "classification", SPEC.customized(num_classes=10)) is None
    # A thousand of one's own are not ImageNet's.
    assert labels.choose(None, "classification", SPEC.customized(num_classes=1000)) is None
    assert labels.choose(None, "feature_vector", SPEC) is None


def test_a_file_gives_one_name_per_logit(tmp_path):
    path = tmp_path / "animals.txt"
    path.write_text("cat\ndog\nkäfer\n", "utf-8")
    chosen = labels.choose(path, "classification", SPEC.customized(num_classes=3))
    assert chosen.names == ("cat", "dog", "käfer")
    assert chosen.source == "animals.txt"
    assert chosen.text() == "cat\ndog\nkäfer\n"


def test_numbered_lines_are_put_in_order(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("1:dandelion\n0:daisy: white\n2:rose\n")
    chosen = labels.choose(path, "classification", SPEC.customized(num_classes=3))
    assert chosen.names == ("daisy: white", "dandelion", "rose")


def test_marks_and_ends_of_other_systems_do_not_get_into_names(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_bytes("\ufeffcat\r\ndog\u2028wolf\r\nfox".encode())
    chosen = labels.choose(path, "classification", SPEC.customized(num_classes=3))
    assert chosen.names == ("cat", "dog\u2028wolf", "fox")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"cat\ndog\n", "has 2 labels, but the network has 3 logits"),
        (b"cat\n\ndog\n", "has no name on line 2"),
        (b"cat\n\xff\ndog\n", "not UTF-8"),
        (b"0:cat\n2:dog\n3:fox\n", "numbers its labels, but not with each number from 0 to 2"),
        (None, "No such file"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, content, message):
    path = tmp_path / "labels.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RequestError, match=message):
        labels.choose(path, "classification", SPEC.customized(num_classes=3))


def test_labels_need_classification(tmp_path):
    with pytest.raises(RequestError, match="`task=classification`"):
        labels.choose(tmp_path / "labels.txt", "feature_vector", SPEC)
