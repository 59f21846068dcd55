"""What a manifest may say, and how it is refused."""

import pytest

from slimhub.common.errors import RequestError
from slimhub.zoo import manifest

GOOD = """
[defaults]
checkpoint = "made/{network}"
output = "out/{network}/{task}"
proof = "quick"

[export.one]
networks = "mobilenet_v1_025_128"

[export.two]
networks = ["mobilenet_v2_*", "vgg_16"]
tasks = ["classification"]
proof = "none"
num_classes = 10
free_size = true
depth_multiplier = 1
"""


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "zoo.toml"
        path.write_text(text, "utf-8")
        return manifest.read(path)

    return read


def test_defaults_are_in_every_table(read):
    one, two = read(GOOD)
    assert one.values == {
        "networks": ["mobilenet_v1_025_128"],
        "tasks": ["feature_vector"],
        "checkpoint": "made/{network}",
        "output": "out/{network}/{task}",
        "proof": "quick",
    }
    assert two.name == "two"
    assert two.values["proof"] == "none"
    assert two.values["networks"] == ["mobilenet_v2_*", "vgg_16"]


REFUSED = [
    ("", "no exports: add a table [export.NAME]"),
    ("[default]\n", "unknown table 'default'"),
    ("export = 3\n", "'export' must be a table, written as [export.NAME]"),
    ("[export]\none = 3\n", "[export.one]: this must be a table"),
    (GOOD + "[export\n", "is not valid TOML"),
    (GOOD + 'labls = "x"\n', "[export.two]: unknown key 'labls': did you mean 'labels'?"),
    (GOOD + 'qqq = "x"\n', "[export.two]: unknown key 'qqq': known keys are checkpoint, "),
    (GOOD + "labels = 3\n", "[export.two]: 'labels' must be a non-empty string, not 3"),
    (GOOD + 'handle = " "\n', "[export.two]: 'handle' must be a non-empty string, not ' '"),
    (GOOD + "image_size = true\n", "'image_size' must be a whole number or HEIGHTxWIDTH, not True"),
    (GOOD + "image_size = 2.5\n", "'image_size' must be a whole number or HEIGHTxWIDTH, not 2.5"),
    (GOOD + 'image_size = "9x"\n', "'image_size' must be a whole number or HEIGHTxWIDTH, not '9x"),
    (GOOD + "memory_gb = -1\n", "'memory_gb' must be a positive number, not -1"),
    (GOOD + "memory_gb = inf\n", "'memory_gb' must be a positive number, not inf"),
    (GOOD + "drop_background = 1\n", "'drop_background' must be true or false, not 1"),
    (GOOD.replace('"quick"', "[]"), "[defaults]: 'proof' must be a non-empty string, not []"),
    (
        GOOD.replace('"mobilenet_v1_025_128"', "[]"),
        "'networks' must be a string, or a list of strings",
    ),
    (GOOD.replace("output", "#"), "[export.one]: 'output' is missing, here or in [defaults]"),
    (GOOD.replace("networks =", "#"), "[export.one]: 'networks' is missing"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=lambda value: value[-50:])
def test_what_is_wrong_is_named_with_file_and_table(read, text, message):
    with pytest.raises(RequestError) as caught:
        read(text)
    assert message in str(caught.value)
    assert "zoo.toml" in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(RequestError, match=r"cannot read the manifest .*none.toml: No such file"):
        manifest.read(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes("a = 'ä'".encode("latin-1"))
    with pytest.raises(RequestError, match="not UTF-8"):
        manifest.read(tmp_path / "latin.toml")
