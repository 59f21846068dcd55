"""How labels of data are matched with logits, and how a wrong match is found."""

import re
from collections import Counter

import numpy as np
import pytest

from slimhub.common.errors import RequestError
from slimhub.export import label_diagnosis, label_match

FLOWERS = ("daisy", "dandelion", "roses", "sunflowers", "tulips")


@pytest.mark.parametrize(
    ("data_names", "names", "width", "expected"),
    [
        (("tulips", "Daisy"), FLOWERS, 5, [4, 0]),
        (("red_panda", "tench"), ("background", "tench, Tinca", "Red  panda"), 3, [2, 1]),
        (FLOWERS, (), 5, [0, 1, 2, 3, 4]),
        (FLOWERS, (), 6, [1, 2, 3, 4, 5]),
        ((), FLOWERS, 5, [0, 1, 2, 3, 4]),
        (("background", *FLOWERS), FLOWERS, 5, [-1, 0, 1, 2, 3, 4]),
    ],
)
def test_labels_are_matched(data_names, names, width, expected):
    match = label_match.match(data_names, names, width, None)
    assert match.find(np.arange(len(expected))).tolist() == expected
    assert match.find(np.array([-1, 99])).tolist() == [-1, -1]


def test_wordnet_ids_are_in_the_order_of_the_logits():
    ids = [f"n{number:08}" for number in range(1000)]
    names = ["background", *(f"class {number}" for number in range(1000))]
    assert label_match.match(ids, names, 1001, None).find(np.array([0, 999])).tolist() == [1, 1000]
    with pytest.raises(RequestError, match="are not among the labels of the artifact"):
        label_match.match(ids[:10], names, 1001, None)


@pytest.mark.parametrize(
    ("data_names", "names", "width", "message"),
    [
        (("tulip",), FLOWERS, 5, "1 of 1 name of the data are not among.*'tulip'"),
        (("Roses", "roses"), FLOWERS, 5, "two labels of the data are the same class: 'roses'"),
        (FLOWERS, (), 9, "the data have 5 classes, but the artifact has 9 logits"),
        (("images",), (), 2, "the data have 1 class, but the artifact has 2 logits"),
    ],
)
def test_labels_that_do_not_match_are_refused(data_names, names, width, message):
    with pytest.raises(RequestError, match=message):
        label_match.match(data_names, names, width, None)


SORTED = sorted(range(12), key=str)


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (lambda n: n + 1, "lack TF-Slim's background class.*`label_offset=1`"),
        (lambda n: n - 1, "count from 1.*`label_offset=-1`"),
        (SORTED.index, "`label_order=sorted`"),
        (lambda n: SORTED[n], "write a CSV file with the numbers"),
    ],
)
def test_a_wrong_match_is_found(answer, remedy):
    found = Counter([(n, answer(n)) for n in range(12) for _ in range(20)])
    match = label_match.match((), (), 12, None)
    said = label_diagnosis.diagnose(found, match).explain()
    assert re.search(remedy, said)


def test_a_good_or_hopeless_network_is_not_diagnosed():
    match = label_match.match((), (), 12, None)
    good = Counter([(n, n if k else n + 1) for n in range(11) for k in range(10)])
    assert label_diagnosis.diagnose(good, match) is None
    assert label_diagnosis.note_of_chance(good, match.width) == ""
    chance = Counter([(n, k) for n in range(12) for k in range(12)])
    assert label_diagnosis.diagnose(chance, match) is None
    assert "what guessing gives" in label_diagnosis.note_of_chance(chance, match.width)


@pytest.mark.parametrize(("width", "is_said"), [(1001, True), (1, False)])
def test_one_class_is_compared_with_chance_too(width, is_said):
    answers = Counter([(min(100, width - 1), 0)] * 20)
    assert ("what guessing gives" in label_diagnosis.note_of_chance(answers, width)) is is_said


def test_what_is_below_chance_is_said_and_no_remedy():
    match = label_match.match((), (), 10, None)
    far = Counter([(n, (n + 2) % 10) for n in range(10) for _ in range(27)])
    assert label_diagnosis.diagnose(far, match) is None
    assert "what guessing gives" in label_diagnosis.note_of_chance(far, match.width)
    turned = Counter([(n, 9 - n) for n in range(10) for _ in range(27)])
    assert label_diagnosis.diagnose(turned, match) is None
