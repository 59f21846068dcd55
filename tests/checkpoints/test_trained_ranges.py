"""Ranges of a quantization-aware training, as checkpoints hold them."""

import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.checkpoints import trained_ranges
from slimhub.checkpoints.trained_ranges import RangeError
from tests.conftest import write_checkpoint

PLACE = "Net/Net/Conv/act_quant"


def read(folder, averages="auto", **tensors):
    values = {f"{PLACE}/{name}".replace("_average", "/ExponentialMovingAverage"): np.asarray(value)
              for name, value in tensors.items()}  # fmt: skip
    write_checkpoint(folder / "model.ckpt-1", {"Net/Conv/weights": np.ones(2, np.float32)} | values)
    with checkpoints.open(str(folder / "model.ckpt-1")) as opened:
        return trained_ranges.read(opened, averages)


def number(value):
    return np.float32(value)


def test_a_checkpoint_without_ranges(tmp_path):
    assert read(tmp_path) == {}


@pytest.mark.parametrize(("averages", "largest"), [("auto", 6), ("raw", 5)])
def test_an_average_of_an_end_is_taken(tmp_path, averages, largest):
    ends = {"min": number(0), "max": number(5), "max_average": number(6)}
    assert read(tmp_path, averages, **ends) == {PLACE: (0, largest)}


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        ({"min": number(0)}, "act_quant has no max"),
        ({"max": number(0)}, "act_quant has no min"),
        ({"min": number(1), "max": number(2)}, r"is \[1, 2\], not a range around 0"),
        ({"min": number(0), "max": number(np.inf)}, r"is \[0, inf\]"),
        ({"min": number(0), "max": number(1e-40)}, r"is \[0, 9.9"),
        ({"min": number(-3e38), "max": number(3e38)}, r"is \[-3e\+38, 3e\+38\]"),
        ({"min": number(2), "max": number(-2)}, r"is \[2, -2\]"),
        ({"min": np.zeros(8, np.float32), "max": number(1)}, r"min is float32\[8\], not one"),
        ({"min": np.float64(0), "max": number(1)}, r"min is float64\[\], not one float32"),
    ],
)
def test_what_cannot_be_a_range(tmp_path, ends, message):
    with pytest.raises(RangeError, match=message):
        read(tmp_path, **ends)


def test_there_is_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(trained_ranges, "MOST", 0)
    with pytest.raises(RangeError, match="there are 1 of them, more than 0"):
        read(tmp_path, min=number(0), max=number(1))
