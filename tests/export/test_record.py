"""The record: every field there and back, early releases', and damaged ones."""

import contextlib
import copy
import json

import pytest

from slimhub import export
from slimhub.common.errors import PublishError, RecordError
from slimhub.export import record
from slimhub.export.record import Record
from slimhub.export.verify.checks import artifact_files
from slimhub.export.verify.process.proof_client import ProofProcess
from slimhub.publish import Handle
from slimhub.publish.pages import page
from tests.fixtures import records

NETWORK = "mobilenet_v1_025_128"


def content():
    """The JSON of a record that has everything."""
    made = records.make("inception_v1", "classification").to_json()
    made["variables"]["left_over"] = ["one/name"]
    made["variables"]["trained_without_average"] = ["another"]
    made["variables"]["left_over_expected"] = {"of an optimizer": 3}
    return made


def leaves(value, path=()):
    """Paths of all values that are not tables or lists, and of those that are empty."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        if isinstance(one, (dict, list)) and one:
            yield from leaves(one, (*path, key))
        else:
            yield (*path, key)


def get(value, path):
    for key in path:
        value = value[key]
    return value


def changed(path, value):
    """A record's JSON with another value, or without the key."""
    made = copy.deepcopy(content())
    table = get(made, path[:-1])
    if value is KeyError:
        del table[path[-1]]
    else:
        table[path[-1]] = value
    return made


def other(value):
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    return f"{value}x" if isinstance(value, str) else value + 1


FIELDS = [path for path in leaves(content()) if path not in [("format",), ("task",)]]
NAMES = [".".join(map(str, path)) for path in FIELDS]


def test_a_record_is_the_same_after_writing_and_reading(tmp_path):
    made = Record.from_json(content())
    made.write(tmp_path)
    assert Record.read(tmp_path) == made
    text = (tmp_path / record.PATH).read_text("utf-8")
    assert text == made.text() == json.dumps(content(), indent=2) + "\n"
    assert [path.name for path in (tmp_path / "assets.extra").iterdir()] == ["slimhub.json"]


@pytest.mark.parametrize("path", FIELDS, ids=NAMES)
def test_every_field_is_read_and_written(path):
    made = changed(path, other(get(content(), path)))
    found = Record.from_json(made)
    assert found.to_json() == made
    assert found != Record.from_json(content())


def test_the_layout_is_that_of_format_1():
    assert list(content()) == [
        "format",
        "artifact",
        "task",
        "network",
        "output",
        "labels",
        "checkpoint",
        "variables",
        "versions",
        "command",
        "identity",
        "golden",
        "proof",
        "files",
    ]
    assert list(content()["checkpoint"])[:2] == ["source", "sha256"]
    assert content()["proof"] == {"mode": "full", "passed": 39, "not run": 1}


def test_records_of_0_1_0_are_read():
    old = content()
    del old["identity"]
    assert Record.from_json(old).identity is None
    for path in (("golden", "output", "rounding"), ("labels", "sha256"), ("golden",)):
        del get(old, path[:-1])[path[-1]]
        found = Record.from_json(old)
        assert json.dumps(found.to_json()) == json.dumps(old)
        text = page.render(found, Handle.parse("acme/classification/1"))
        assert ("changing the last bit" in text, "## Proof" in text) == (False, True)


def test_what_a_later_release_adds_is_passed_over():
    made = changed(("network", "colour"), "blue") | {"weather": {"rain": [1]}}
    assert Record.from_json(made) == Record.from_json(content())


OPTIONAL_DIGEST = ("labels", "sha256")
# Version 0.1.0 did not record these.
OPTIONAL_OPTIONS = {
    ("network", name) for name in ("batch_norm_scale", "has_batch_norm", "channels")
}
OPTIONAL = {("golden", "output", "rounding"), OPTIONAL_DIGEST, *OPTIONAL_OPTIONS, ("artifact",)}
# Tables whose keys are free.
COUNTS = [("proof",), ("files",), ("identity", "fields")]
COUNTS += [("variables", "filled"), ("variables", "left_over_expected")]


@pytest.mark.parametrize("path", FIELDS, ids=NAMES)
def test_a_missing_field_is_one_sentence(path):
    if path in OPTIONAL or isinstance(path[-1], int):
        return
    if path[:-1] in COUNTS and path != ("proof", "mode"):
        return
    refuse(changed(path, KeyError), path[-1])


HOSTILE = [[], {}, [[]], {"": {}}, True, "\ud800", 10**400, None, 7, 7.5, "text"]


@pytest.mark.parametrize("path", FIELDS, ids=NAMES)
def test_a_value_of_another_type_is_one_sentence(path):
    for value in HOSTILE:
        if not may_be(path, value):
            refuse(changed(path, value), path[-1])


def may_be(path, value):
    """Whether a field takes a value."""
    if value in ("\ud800", 10**400):
        return False
    if value is None:
        steps = ("checkpoint", "step"), ("golden", "output", "rounding")
        return path in {*steps, OPTIONAL_DIGEST, *OPTIONAL_OPTIONS}
    known = type(get(content(), path))
    return type(value) is known or (known is float and type(value) is int)


TABLES = ["network", "output", "labels", "checkpoint", "variables", "versions", "golden"]


@pytest.mark.parametrize("name", [*TABLES, "identity", "proof", "files"])
def test_what_is_not_a_table_is_one_sentence(name):
    for value in ([], 3, "x", True, [{}]):
        refuse(changed((name,), value), name)


@pytest.mark.parametrize("value", [3, "", [], {}, True, None, float("nan")], ids=repr)
def test_a_format_or_a_task_of_another_type_is_one_sentence(value):
    for name in ("format", "task"):
        if (name, value) != ("format", True):
            refuse(changed((name,), value), repr(value))


def refuse(made, word):
    with pytest.raises(PublishError) as refusal:
        Record.from_json(made)
    assert isinstance(refusal.value, export.ExportError)
    said = str(refusal.value)
    assert said.startswith("the record of the artifact ")
    assert str(word) in said
    assert "\n" not in said
    assert len(said) < 250
    said.encode()


NUMBERS = [path for path in FIELDS if type(get(content(), path)) in (int, float)]


@pytest.mark.parametrize("path", NUMBERS, ids=lambda path: ".".join(map(str, path)))
def test_a_number_out_of_range_breaks_no_page(path):
    for value in (-1, 0, 2**62, float("inf"), float("nan")):
        with contextlib.suppress(PublishError):  # such a network is refused
            page.render(Record.from_json(changed(path, value)), Handle.parse("acme/x/1"))


def test_what_was_changed_is_named(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"graph")
    made = records.make()
    with pytest.raises(RecordError, match=r"was modified after its export: saved_model\.pb, var"):
        made.check(tmp_path)


def test_a_record_that_is_to_be_written_is_searched_for_paths(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"graph")
    unwritten = {record.PATH: b'"command": "--checkpoint=/secret/place/model.ckpt"'}
    checks = artifact_files.check(tmp_path, None, ["/secret/place"], unwritten=unwritten)
    found = {check.name: check for check in checks}["no path or user of a machine"]
    assert (found.outcome, found.detail) == ("failed", f"{record.PATH} contains /secret/place")


class Spy:
    """Looks whether the record is in the staging folder, at each phase of an export."""

    def __init__(self, folder):
        self.folder, self.seen = folder, {}

    def __call__(self, phase):
        self.seen[phase] = sorted(self.folder.glob(f".*/{record.PATH}"))


def test_an_export_writes_its_record_once_after_the_proof(
    synthetic_checkpoint, tmp_path, monkeypatch
):
    written, write = [], Record.write
    monkeypatch.setattr(
        Record, "write", lambda self, folder: (written.append(self), write(self, folder))
    )
    conclude, said = ProofProcess.conclude, []

    def concluded(self, *arguments, **options):
        proof = conclude(self, *arguments, **options)
        said.append((list(tmp_path.glob(f".*/{record.PATH}")), len(written)))
        return proof

    monkeypatch.setattr(ProofProcess, "conclude", concluded)
    spy = Spy(tmp_path)
    checkpoint = str(synthetic_checkpoint(NETWORK))
    request = export.Request(NETWORK, checkpoint, str(tmp_path / "artifact"), proof="quick")
    result = export.export(request, spy)
    assert said == [([], 0)]
    assert not any(spy.seen.values())
    assert written == [result.record]
    assert Record.read(tmp_path / "artifact") == result.record
    assert result.record.proof.mode == "quick"
    assert result.record.proof.counts == result.proof.counts()
    details = {check.name: check for check in result.proof.checks}
    assert details["digests"].detail == f"sha256 of {len(result.record.files)} files"
    assert details["names"].detail == f"{len(result.record.files) + 1} files"
    assert details["output for known images"].outcome == "passed"


def test_the_claim_of_a_damaged_record_is_known(tmp_path):
    assert record.claimed(tmp_path) is None
    (tmp_path / "assets.extra").mkdir()
    path = tmp_path / record.PATH
    for text, expected in {
        "{": None,
        "[]": None,
        '{"network": {"name": "a"}, "task": "b"}': ("a", "b"),
        '{"network": {"name": 3}, "task": "b"}': None,
        '{"network": "a", "task": "b"}': None,
    }.items():
        path.write_text(text)
        assert record.claimed(tmp_path) == expected


def test_names_of_files_that_are_not_utf8_are_made_readable():
    odd = "m\udcffodel.tgz"  # as Python has a byte that is none of a character
    made = records.make(source=(odd, odd))
    assert (made.source.origin, made.source.name) == ("m\ufffdodel.tgz", "m\ufffdodel.tgz")
    assert "m\ufffdodel.tgz" in made.command
    assert Record.from_json(json.loads(made.text())) == made
