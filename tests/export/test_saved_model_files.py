"""Which files a SavedModel may hold, as an artifact, for a hub, and to be overwritten."""

import pytest

from slimhub.export import saved_model_files


@pytest.mark.parametrize(
    ("name", "in_artifact", "on_hub"),
    [
        ("saved_model.pb", True, True),
        ("fingerprint.pb", True, True),
        ("variables/variables.index", True, True),
        ("variables/variables.data-00000-of-00001", True, True),
        ("assets/labels.txt", True, True),
        ("assets.extra/slimhub.json", True, True),
        ("assets/inner/labels.txt", False, True),
        ("keras_metadata.pb", False, True),
        ("saved_model.pbtxt", False, True),
        ("tfhub_module.pb", False, True),
        ("variables/variables.", False, False),
        ("variables/other", False, False),
        ("variables", False, False),
        ("assets", False, False),
        ("assets/", False, False),
        ("inner/saved_model.pb", False, False),
        ("inner/assets/labels.txt", False, False),
        ("assetsx/labels.txt", False, False),
        ("notes.txt", False, False),
        ("", False, False),
    ],
)
def test_what_may_be_where(name, in_artifact, on_hub):
    assert saved_model_files.may_be_in_artifact(name) is in_artifact
    assert saved_model_files.may_be_on_hub(name) is on_hub


def test_the_lists_agree():
    for name in saved_model_files.NEEDED:
        assert saved_model_files.may_be_in_artifact(name)
        assert name.split("/")[0] in saved_model_files.REPLACEABLE
    assert {"keras_metadata.pb", "fingerprint.pb", *saved_model_files.ASSET_FOLDERS} < (
        saved_model_files.REPLACEABLE
    )
    assert "tfhub_module.pb" not in saved_model_files.REPLACEABLE
