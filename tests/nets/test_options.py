"""The options of a network: what derives from the one class that has them."""

import argparse
import dataclasses
import json

import pytest

from slimhub import export, nets
from slimhub.cli import network_flags
from slimhub.export import record_draft
from slimhub.export.verify import Subject
from slimhub.nets import NetworkOptions, options, size_notation
from slimhub.publish.pages import recorded_network
from slimhub.zoo import manifest
from tests.fixtures import records

NETWORK = "mobilenet_v3_small_075_224"
NAMES = [field.name for field in dataclasses.fields(NetworkOptions)]
KINDS = {
    float: "a positive number",
    int: "a whole number",
    bool: "true or false",
    str: "a non-empty string",
    size_notation.parse_size: "a whole number or HEIGHTxWIDTH",
}
GIVEN = NetworkOptions(
    depth_multiplier=0.5,
    num_classes=7,
    image_size="96x160",
    channels=5,
    feature_depth=64,
    last_layer="layer_6",
    output_stride=16,
    input_scaling="unit",
    batch_norm="yes",
    batch_norm_scale="no",
    batch_norm_epsilon=0.01,
    free_size=True,
    drop_background=True,
)


def test_every_option_is_given_here():
    assert list(GIVEN.given()) == NAMES
    assert NetworkOptions().given() == {}


def test_every_option_says_what_derives_from_it():
    for field in dataclasses.fields(NetworkOptions):
        facts = field.metadata
        assert facts["type"] in KINDS
        assert facts["help"]
        assert facts["attribute"] in {f.name for f in dataclasses.fields(nets.NetworkSpec)}
        is_switch, is_text = facts["type"] is bool, facts["type"] is str
        assert field.default is (False if is_switch else None)
        is_choice = facts["values"] is not None
        assert (facts["metavar"] is None) == (is_switch or is_choice)
        assert (facts["range"] is None) == (is_switch or is_text)
        assert is_text or not is_choice


def test_every_option_is_a_flag():
    parser = argparse.ArgumentParser()
    network_flags.add(parser)
    assert list(vars(parser.parse_args([]))) == NAMES
    assert network_flags.chosen(parser.parse_args([])) == NetworkOptions()
    words = [f"--{n}" if v is True else f"--{n}={v}" for n, v in GIVEN.given().items()]
    assert network_flags.chosen(parser.parse_args(words)) == GIVEN
    said = " ".join(parser.format_help().split())
    for field in dataclasses.fields(NetworkOptions):
        assert field.metadata["help"] in said


def test_every_option_is_a_key_of_a_manifest():
    for field in dataclasses.fields(NetworkOptions):
        values = field.metadata["values"]
        expected = f"one of {', '.join(values)}" if values else KINDS[field.metadata["type"]]
        assert manifest.KEYS[field.name] == expected


def test_every_option_goes_from_a_request_to_the_proof():
    request = export.Request(NETWORK, "c", "o", task="classification", **GIVEN.given())
    assert request == export.Request(NETWORK, "c", "o", task="classification", options=GIVEN)
    assert request.options == GIVEN
    assert request.subject() == Subject(NETWORK, "classification", GIVEN)
    words = request.command("c").split()
    flags = [word.removeprefix("--").partition("=")[0] for word in words if word[0] == "-"]
    assert [flag for flag in flags if flag in NAMES] == NAMES


def test_a_request_and_a_subject_travel_as_json():
    request = export.Request(NETWORK, "c", "o", options=GIVEN)
    sent = json.loads(json.dumps(request.to_json()))
    assert sent.keys() >= {*NAMES, "network", "checkpoint", "output"}
    assert export.Request(**sent) == request
    subject = request.subject()
    sent = json.loads(json.dumps(dataclasses.asdict(subject)))
    assert Subject.from_json(sent) == subject


def test_a_single_option_goes_before_the_others():
    request = export.Request(NETWORK, "c", "o", options=GIVEN, num_classes=3)
    assert request.options == dataclasses.replace(GIVEN, num_classes=3)
    assert dataclasses.replace(request, output="p").options == request.options


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="classes"):
        export.Request(NETWORK, "c", "o", classes=3)
    with pytest.raises(TypeError, match="classes"):
        nets.get(NETWORK).customized(classes=3)


def test_every_option_is_set_in_the_spec_and_read_from_a_record():
    spec = nets.get(NETWORK).customized(GIVEN)
    assert spec == nets.get(NETWORK).customized(**GIVEN.given())
    described = record_draft.describe_network(spec)
    assert NetworkOptions.of_record(described.settings()) == GIVEN
    recorded = dataclasses.replace(records.make(), network=described)
    assert recorded_network.spec_of(recorded) == spec


@pytest.mark.parametrize("field", dataclasses.fields(NetworkOptions), ids=lambda field: field.name)
def test_a_value_out_of_range_is_refused(field):
    if field.metadata["values"]:
        with pytest.raises(nets.NetworkError, match=f"^`{field.name}` must be one of .*, not 'x'"):
            nets.get(NETWORK).customized(**{field.name: "x"})
        return
    if field.metadata["range"] is None:
        pytest.skip("a switch")
    low, high = field.metadata["range"]
    for value in (low - 1, high + 1):
        with pytest.raises(nets.NetworkError, match=f"^`{field.name}` must be between .* {high}"):
            nets.get(NETWORK).customized(**{field.name: value})


def test_a_new_option_reaches_the_builder_and_the_record():
    @dataclasses.dataclass(frozen=True)
    class More(NetworkOptions):
        squeeze: int | None = options._option(int, "squeezes", metavar="N", range=(1, 9))

    plain = nets.get(NETWORK)
    spec = plain.customized(More(squeeze=3, image_size=96))
    assert (spec.options.squeeze, spec.image_size) == (3, 96)
    assert plain.options.given() == {}
    assert spec.options.given() == {"squeeze": 3}
    assert spec.customized(More(num_classes=5)).options == spec.options
    assert More.of_record(record_draft.describe_network(spec).settings()).squeeze == 3
    with pytest.raises(nets.NetworkError, match="`squeeze` must be between 1 and 9, not 10"):
        plain.customized(More(squeeze=10))


@pytest.mark.parametrize("given", [{"batch_norm_scale": "no"}, {"batch_norm_epsilon": 0.1}])
def test_batch_norm_is_not_an_option_of_networks_without(given):
    (name,) = given
    with pytest.raises(nets.NetworkError, match=f"`{name}` does not apply to vgg_16, which has no"):
        nets.get("vgg_16").customized(**given)
    own = dataclasses.replace(nets.get(NETWORK), builder=print)
    with pytest.raises(nets.NetworkError, match=f"`{name}` does not reach the builder"):
        own.customized(**given)
    usual = {"batch_norm_scale": "yes", "batch_norm_epsilon": 0.001}
    assert own.customized(**{name: usual[name]}) == own  # as it is


def test_what_a_network_has_anyway_changes_nothing():
    plain = nets.get(NETWORK)
    assert plain.customized(input_scaling="symmetric", batch_norm_scale="yes") is plain
