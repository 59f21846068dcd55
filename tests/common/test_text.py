import pytest

from slimhub.common.text import count, listed


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((1, "export"), "1 export"),
        ((0, "export"), "0 exports"),
        ((2, "export"), "2 exports"),
        ((1, "class", "classes"), "1 class"),
        ((1001, "class", "classes"), "1001 classes"),
        ((1_016_872, "parameter"), "1,016,872 parameters"),
    ],
)
def test_a_count_has_its_noun_in_the_right_form(arguments, text):
    assert count(*arguments) == text


def test_a_long_list_is_cut_and_counted():
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"
