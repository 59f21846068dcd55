"""How workers of one machine share its memory."""

import pytest

from slimhub.common.errors import RequestError
from slimhub.zoo.clusters import share

GB = 10**9


@pytest.mark.parametrize(
    ("memory", "jobs", "needs", "shares"),
    [
        (24, 2, [2, 2, 6], [12, 12]),  # the largest fits into an equal part
        (8, 4, [1] * 9, [2, 2, 2, 2]),
        (10, 2, [2, 6, 6], [6, 4]),  # one worker for the large ones, the rest for the others
        (10, 4, [2, 6], [6, 4]),  # no more workers than exports
        (10, 4, [1, 1, 1, 1, 6], [6, 1.333333333, 1.333333333, 1.333333333]),
        (10, 4, [2, 2, 2, 2, 6], [6, 2, 2]),  # no more than have room for the smallest
        (10, 4, [3, 8, 8], [10]),  # nothing fits beside the largest
        # no more than have room for nine in ten
        (12, 4, [1, 1, 3, 3, 3, 3, 3, 3, 3, 6], [6, 3, 3]),
        (6, 1, [6], [6]),
    ],
)
def test_parts_are_never_more_than_all(memory, jobs, needs, shares):
    got = share(memory * GB, jobs, [need * GB for need in needs])
    assert got == pytest.approx([part * GB for part in shares], abs=2)
    assert sum(got) <= memory * GB
    assert max(got) >= max(needs) * GB


def test_what_never_fits_is_refused():
    with pytest.raises(RequestError, match=r"needs 7.0 GB, but only 6.0 GB are available: raise"):
        share(6 * GB, 2, [GB, 7 * GB])
