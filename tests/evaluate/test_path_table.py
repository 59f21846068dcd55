"""Tables of paths and labels: what is said of rows that cannot be meant."""

import pytest

from slimhub.common.errors import RequestError
from slimhub.evaluate.datasets import path_table


@pytest.fixture
def written(tmp_path):
    """Writes a table beside three files that are called pictures."""
    for name in "abc":
        (tmp_path / f"{name}.png").write_bytes(name.encode())

    def write(*rows):
        (tmp_path / "table.csv").write_text("\n".join(rows))
        return path_table.read(tmp_path / "table.csv", "")

    return write


def test_a_picture_that_is_listed_twice_is_said(written):
    found = written("a.png,1", "b.png,2", "./a.png,1")
    assert found.notes == (
        "1 row repeats a picture that the table has already, such as ./a.png in line 3: "
        "each row counts",
    )
    assert not written("a.png,1", "b.png,2").notes


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a.png,1", "b.png,2", "a.png,3"], "has the label '1' in line 1, but '3' in line 3"),
        (["filename,label", "a.png,1"], "its header is filename,label, but has to name.*path,lab"),
        (
            ["path,label,split", "a.png,1,train", "b.png,2,test"],
            "has the parts test, train in its column 'split': name one, such as `split=test`",
        ),
        (["path,label,label", "a.png,1,2"], "its header names the column label twice"),
        (["file,class", "a.png,1"], "line 1: the label 'class' is not an integer"),
        (["a.png,1.0", "b.png,2.0"], r"line 1: the label 1\.0 is not an integer: write 1"),
        (["a.png,1", "b.png,"], "line 2: the label is empty"),
        (["a.png,1", "b.png,two"], "line 2: the label 'two' is not an integer"),
        (["x.png,1", "y.png,2"], r"cannot read the picture x\.png, nor any other of .*line 1"),
    ],
)
def test_rows_that_cannot_be_meant_are_refused(written, rows, message):
    with pytest.raises(RequestError, match=message):
        written(*rows)
