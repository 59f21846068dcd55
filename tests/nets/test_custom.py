"""Networks of a user's own, named by where they are defined."""

import sys

import pytest

from slimhub import nets

MODULE = """
from slimhub.nets import NetworkSpec

SPEC = NetworkSpec(name="mine", scope="Mine", builder=print, image_size=64, feature_depth=8)
NOT_ONE = 3
BAD = NetworkSpec(
    name="", scope=None, builder=3, image_size=0, feature_depth=8.5, weight_decay="x", head="(",
    regularized=None, input_scaling="none", dropout_keep=0, auxiliary=b"/Aux", paper="a paper",
    published=None, logits_scope=None, predictions_endpoint=7,
)
EMPTY = NetworkSpec(name="mine", scope="Mine", image_size=64, feature_depth=8)
ODD = NetworkSpec(name="mine", scope="Mine", layers="my layers", image_size=64, feature_depth=8)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "module_of_mine.py").write_text(MODULE)
    (tmp_path / "broken_of_mine.py").write_text("1 / 0\n")
    (tmp_path / "quitting_of_mine.py").write_text("import sys; sys.exit(3)\n")
    (tmp_path / "needy_of_mine.py").write_text("import nowhere_to_be_found\n")
    return tmp_path


def test_a_spec_is_found_in_the_current_folder(folder):
    spec = nets.get("module_of_mine:SPEC")
    assert (spec.name, spec.reference) == ("mine", "module_of_mine:SPEC")
    assert nets.get("module_of_mine:SPEC").customized(num_classes=7).num_classes == 7


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("module_of_nobody:SPEC", "No module named 'module_of_nobody'; run the command in"),
        ("module_of_mine:OTHER", "module_of_mine has no OTHER: check its spelling"),
        ("module_of_mine:NOT_ONE", "NOT_ONE in module_of_mine is of the type int, not a"),
        ("broken_of_mine:SPEC", "importing broken_of_mine failed: ZeroDivisionError"),
        ("quitting_of_mine:SPEC", "importing quitting_of_mine failed: SystemExit: 3"),
        ("module_of_mine:BAD", "name is '', not a name; builder is 3, not a function"),
        ("module_of_mine:EMPTY", "layers is '', not a function or the name of one as module:func"),
        ("module_of_mine:ODD", "layers is 'my layers', not a function or the name of one"),
        (
            "module_of_mine:BAD",
            "image_size is 0, not a positive whole number, or a pair of them; feature_depth is 8.5",
        ),
        ("module_of_mine:BAD", "weight_decay is 'x', not a number from 0 to 1; dropout_keep is 0,"),
        ("module_of_mine:BAD", "input_scaling is 'none', not one of"),
        ("module_of_mine:BAD", "regularized is None, not a regular expression: first argument"),
        ("module_of_mine:BAD", "head is '(', not a regular expression: missing ), unterminated"),
        ("module_of_mine:BAD", "auxiliary is b'/Aux', not a regular expression: cannot use a byt"),
        (
            "module_of_mine:BAD",
            "logits_scope is None, not a string; predictions_endpoint is 7, not",
        ),
        ("module_of_mine:BAD", "paper is 'a paper', not a nets.spec.Paper; published is None, not"),
        ("needy_of_mine:SPEC", "No module named 'nowhere_to_be_found'"),
        (".module_of_mine:SPEC", "write package.module:NAME"),
        (":SPEC", "write package.module:NAME"),
        ("module_of_mine:", "write package.module:NAME"),
    ],
)
def test_what_is_no_spec_is_refused(folder, reference, message):
    with pytest.raises(nets.NetworkError) as raised:
        nets.get(reference)
    assert message in str(raised.value)
    assert reference in str(raised.value)
