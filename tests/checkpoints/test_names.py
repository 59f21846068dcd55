import pytest

from slimhub.checkpoints import names


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (1, "optimizer slots", "1 optimizer slot"),
        (2, "optimizer slots", "2 optimizer slots"),
        (1, "training step", "1 training step"),
        (2, "training step", "2 training steps"),
        (2, "bookkeeping of averages", "2 bookkeeping of averages"),
    ],
)
def test_a_kind_is_counted_in_the_right_form(number, kind, text):
    assert names.count_kind(number, kind) == text
