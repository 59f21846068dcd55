"""The wheel whose types are checked."""

import zipfile

from scripts import wheel
from tests.fixtures.support import REPOSITORY


def test_the_wheel_is_marked_as_typed_and_leaves_nothing_behind(tmp_path):
    before = {path.name for path in REPOSITORY.iterdir()}
    with zipfile.ZipFile(wheel.build(tmp_path)) as archive:
        assert {"slimhub/py.typed", "slimhub/nets/spec.py"} <= set(archive.namelist())
    assert {path.name for path in REPOSITORY.iterdir()} == before
