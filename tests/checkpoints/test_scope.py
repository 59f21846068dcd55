"""The part of a checkpoint below a prefix."""

import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.common.errors import CheckpointError
from tests.conftest import write_checkpoint


@pytest.fixture
def prefixed(tmp_path):
    values = {"tower/net/w": 1.0, "tower/net/w/ExponentialMovingAverage": 2.0, "box/b": 3.0}
    write_checkpoint(tmp_path / "m-1", {n: np.float32([v]) for n, v in values.items()})
    return tmp_path


@pytest.mark.parametrize("scope", ["tower", "tower/", "/tower/"])
def test_names_are_those_without_it(prefixed, scope):
    with checkpoints.open(prefixed, scope=scope) as opened:
        assert opened.scope == "tower/"
        assert set(opened.tensors) == {"net/w", "net/w/ExponentialMovingAverage"}
        assert opened.read("net/w/ExponentialMovingAverage") == [2.0]
        assert opened.notes == ("taken from the scope tower/, 1 tensor outside it",)
        with pytest.raises(KeyError):
            opened.read("box/b")


def test_scopes_inside_of_each_other_add_up(prefixed):
    with checkpoints.open(prefixed, scope="tower") as opened:
        inner = opened.scoped("net")
        assert inner.scope == "tower/net/"
        assert inner.read("w") == [1.0]


@pytest.mark.parametrize("scope", ["tow", "net", ""])
def test_a_scope_with_nothing_below_it_is_refused(prefixed, scope):
    with pytest.raises(CheckpointError) as refusal:
        checkpoints.open(prefixed, scope=scope)
    assert "has no tensors in the scope" in str(refusal.value)
    assert "its scopes are box, tower" in str(refusal.value)
