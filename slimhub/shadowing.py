"""Finds packages of other projects that hide slimhub's own."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_ROOMS = ("nets", "checkpoints", "export")  # top-level names that TF-Slim users often have too


def find() -> str | None:
    """Looks where Python would import slimhub's packages from.

    Returns:
      None where they are its own, otherwise a sentence that names the path in the way.
    """
    home = Path(__file__).resolve().parent.parent
    for room in _ROOMS:
        spec = importlib.util.find_spec(room)
        places = list(spec.submodule_search_locations or []) if spec else []
        if str(home / room) not in [str(Path(place).resolve()) for place in places]:
            found = places[0] if places else (spec.origin if spec else "nothing")
            return (
                f"slimhub needs its own package {room!r}, but Python finds {found} first: "
                "take its folder off PYTHONPATH, or run slimhub from another folder"
            )
    return None
