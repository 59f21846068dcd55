"""Folders that are classes, and those that are not."""

import pytest

from slimhub.common.errors import RequestError
from slimhub.evaluate.datasets import dataset_kinds


def test_a_folder_without_pictures_is_no_class(few):
    (few / "vectors.parquet").mkdir()
    (few / "vectors.parquet" / "part-00000.parquet").write_text("PAR1")
    found = dataset_kinds.open_dataset(str(few))
    assert found.class_names == ()
    assert found.shards[0].labels[-1] == 9
    assert found.notes == ("1 file left out, such as vectors.parquet/part-00000.parquet",)


def test_parts_of_the_data_are_not_taken_for_classes(few, tmp_path):
    for split in ("train", "test"):
        (tmp_path / "data" / split).mkdir(parents=True)
        for number in ("1", "2"):
            (tmp_path / "data" / split / number).symlink_to(few / number)
    with pytest.raises(RequestError, match=r"has the parts test and train.*`split=test`"):
        dataset_kinds.open_dataset(str(tmp_path / "data"))
    assert dataset_kinds.open_dataset(str(tmp_path / "data"), "test").count == 4


def test_names_that_do_not_say_one_class_are_refused(few):
    (few / "7").rename(few / "seven")
    found = dataset_kinds.open_dataset(str(few))
    names = [*map(str, range(10)), "seven"]
    assert found.renamed(names).shards[0].labels[-1] == 10
    with pytest.raises(RequestError, match=r"`labels`: 'seven', a class of few, is there twice"):
        found.renamed([*names, "seven"])


def test_no_data_are_not_those_of_the_working_folder():
    with pytest.raises(RequestError, match="the name of the data is empty"):
        dataset_kinds.open_dataset("")
