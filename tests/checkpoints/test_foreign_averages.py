"""Averages under names of other forms, and the view that gives them the usual ones."""

import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.checkpoints import foreign_averages
from tests.conftest import write_checkpoint

_AVERAGE = "ExponentialMovingAverage"


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        (["a/w", f"a/w/{_AVERAGE}"], {}),
        (["a/w", f"a/w/{_AVERAGE}_1"], {f"a/w/{_AVERAGE}": f"a/w/{_AVERAGE}_1"}),
        (["a/w", f"train/a/w/{_AVERAGE}"], {f"a/w/{_AVERAGE}": f"train/a/w/{_AVERAGE}"}),
        (["t/a/w", f"x/y/t/a/w/{_AVERAGE}_2"], {f"t/a/w/{_AVERAGE}": f"x/y/t/a/w/{_AVERAGE}_2"}),
        ([f"a/w/{_AVERAGE}_1"], {f"a/w/{_AVERAGE}": f"a/w/{_AVERAGE}_1"}),
        ([f"train/a/w/{_AVERAGE}"], {}),  # nothing says where the prefix ends
        (["a/w", f"a/w/{_AVERAGE}", f"a/w/{_AVERAGE}_1", f"train/a/w/{_AVERAGE}"], {}),
        (["a/w", f"a/w/{_AVERAGE}/RMSProp"], {}),
    ],
)
def test_other_forms_are_found(stored, found):
    assert foreign_averages.find(dict.fromkeys(stored, (3,))) == found


def test_averages_are_read_by_their_usual_names(tmp_path):
    values = {"a/w": 1.0, f"train/a/w/{_AVERAGE}": 2.0, "b": 3.0}
    write_checkpoint(tmp_path / "m-1", {n: np.float32([v]) for n, v in values.items()})
    with checkpoints.open(tmp_path) as opened:
        assert set(opened.tensors) == {"a/w", f"a/w/{_AVERAGE}", "b"}
        assert opened.averages == "shadows"
        assert opened.read(opened.shadow_of("a/w")) == [2.0]
        assert opened.read("a/w") == [1.0]
        said = f"1 average named in another form, such as train/a/w/{_AVERAGE}"
        assert opened.notes == (said,)


def test_a_checkpoint_with_numbered_averages_is_preferred(tmp_path):
    for folder, name in (("a", "w"), ("b", f"w/{_AVERAGE}_1")):
        (tmp_path / folder).mkdir()
        write_checkpoint(tmp_path / folder / "m-1", {"w": np.ones(1), name: np.ones(1)})
    with checkpoints.open(tmp_path) as opened:
        assert opened.label == "b/m-1"


def test_an_average_of_another_shape_is_of_another_network():
    shapes = {"a/w": (3,), f"teacher/a/w/{_AVERAGE}": (6,)}
    assert foreign_averages.find(shapes) == {}
