"""What `slimhub.export` offers, and when it imports what exports."""

import pytest

from slimhub import export
from slimhub.export import exporter
from tests.fixtures import commands


def test_help_does_without_what_exports():
    modules = set(commands.modules_of("export", "--help"))
    assert "slimhub.export" in modules
    assert not modules & {"slimhub.export.exporter", "slimhub.export.request", "numpy"}


def test_everything_it_offers_is_there():
    assert all(hasattr(export, name) for name in export.__all__)
    assert set(export.__all__) <= set(dir(export))
    assert (export.export, export.PHASES) == (exporter.export, exporter.PHASES)
    with pytest.raises(AttributeError, match=r"'slimhub\.export' has no attribute 'expotr'"):
        export.expotr  # noqa: B018
