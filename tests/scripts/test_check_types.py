"""The wheel whose types are checked."""

import zipfile

from scripts import check_types
from tests.fixtures.support import REPOSITORY


def test_the_wheel_is_marked_as_typed_and_leaves_nothing_behind(tmp_path):
    before = {path.name for path in REPOSITORY.iterdir()}
    with zipfile.ZipFile(check_types._build(tmp_path)) as wheel:
        assert {"slimhub/py.typed", "slimhub/nets/spec.py"} <= set(wheel.namelist())
    assert {path.name for path in REPOSITORY.iterdir()} == before
