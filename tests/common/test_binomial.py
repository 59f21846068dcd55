"""Intervals of fractions."""

import pytest

from slimhub.common import binomial


def test_wilson_interval():
    assert binomial.wilson(352, 360) == pytest.approx((0.95678, 0.98872), abs=1e-4)
    assert binomial.wilson(0, 10)[0] == 0
    assert binomial.wilson(10, 10)[1] == 1
