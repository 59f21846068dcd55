"""The table of JSON keys in docs/networks.md has what `list` and `describe` print."""

import json
import re

import pytest

from slimhub import nets
from tests.fixtures import commands
from tests.fixtures.support import REPOSITORY

_ROW = re.compile(r"^\| `([^`]+)` \| ([a-z ]+) \| ([a-z]*) ?\| ", re.M)
DOCUMENTED = {
    key: kind
    for key, kind, _ in _ROW.findall(
        (REPOSITORY / "docs" / "networks.md").read_text("utf-8").partition("## JSON")[2]
    )
}
_KINDS = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object"}


@pytest.fixture(scope="module")
def printed():
    """What `slimhub list --format=json` prints."""
    return json.loads(commands.printed("list", "--format=json"))


def keys(value, path=""):
    """Pairs of a key, with those that lead to it, and its value."""
    for name, inner in value.items():
        key = f"{path}.{name}" if path else name
        yield key, inner
        rows = [inner] if isinstance(inner, dict) else inner if isinstance(inner, list) else []
        for row in rows:
            if isinstance(row, dict):
                yield from keys(row, key if row is inner else f"{key}[]")


def test_every_key_is_documented_and_printed(printed):
    found = {key for network in printed for key, _ in keys(network)}
    assert found == set(DOCUMENTED)


def test_values_have_the_documented_type(printed):
    for network in printed:
        for key, value in keys(network):
            kind = DOCUMENTED[key]
            if isinstance(value, list):
                assert kind in ("list", "integers", "two numbers"), key
            elif kind == "number":
                assert value is None or isinstance(value, (int, float)), key
            else:
                assert value is None or _KINDS[type(value)] == kind, key


def test_latency_names_phones_and_unit(printed):
    (network,) = (n for n in printed if n["name"] == "mobilenet_v3_small_075_224")
    published = nets.get(network["name"]).published.latency
    assert network["published"]["latency"] == [
        {"phone": f"Pixel {number}", "milliseconds": time}
        for number, time in enumerate(published, 1)
    ]
