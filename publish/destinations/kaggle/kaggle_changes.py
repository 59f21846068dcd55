"""What changes on Kaggle, and with which texts."""

from __future__ import annotations

from typing import Any

from slimhub.publish.destinations.destination import Change
from slimhub.publish.destinations.kaggle.kaggle_address import Address
from slimhub.publish.package import Package
from slimhub.publish.pages import cards

CREATE_MODEL, DESCRIBE_MODEL = "create model", "describe model"
CREATE_VARIATION, DESCRIBE_VARIATION = "create variation", "describe variation"
CREATE_VERSION, UPLOAD = "create version", "upload"
# Fields of a model and of a variation, by the names of their texts.
MODEL_FIELDS = {"description": "description"}
VARIATION_FIELDS = {
    "overview": "overview",
    "usage": "usage",
    "training data": "training_data",
    "fine-tunable": "fine_tunable",
}
_VERSION_TEXTS = ("overview", "usage")  # texts that another version makes wrong
_VALUES = {"training data": str.splitlines, "fine-tunable": lambda text: text == "yes"}


def fields(texts: dict[str, str], named: dict[str, str]) -> dict[str, Any]:
    """Texts as fields.

    Args:
      texts: by name.
      named: which of them, and their field names.
    """
    return {
        field: _VALUES.get(name, str)(texts[name]) for name, field in named.items() if name in texts
    }


def wanted(
    texts: dict[str, str],
    named: dict[str, str],
    found: Any | None,
    *,
    overwrite: bool,
    renew: bool = False,
) -> dict[str, str]:
    """The texts to set.

    Args:
      texts: by name.
      named: which of them, and their field names.
      found: the existing model or variation, or None.
      overwrite: whether to replace what people may have written there.
      renew: whether to replace what slimhub wrote, if it was not edited since.
    """
    new = fields(texts, named)
    there = {field: getattr(found, field) if found else None for field in new}

    def may_change(text: Any) -> bool:
        return overwrite or not text or (renew and isinstance(text, str) and cards.is_own(text))

    return {
        name: texts[name]
        for name, field in named.items()
        if field in new and may_change(there[field]) and _plain(there[field]) != _plain(new[field])
    }


def kept(texts: dict[str, str], found: Any | None, card: dict[str, str]) -> list[str]:
    """Names of a variation's texts that describe a version, and are kept.

    Args:
      texts: by name.
      found: the existing variation, or None.
      card: the texts to set.
    """
    told = {name: VARIATION_FIELDS[name] for name in _VERSION_TEXTS}
    others = wanted(texts, told, found, overwrite=True) if found else {}
    return [name for name in others if name not in card]


def of_model(address: Address, found: Any | None, card: dict[str, str]) -> list[Change]:
    """Changes of a model.

    Args:
      address: of a variation of it.
      found: what exists, or None.
      card: its texts to set.
    """
    name = f"{address.owner}/{address.model}"
    if found is None:
        return [Change(CREATE_MODEL, name)]
    return [Change(DESCRIBE_MODEL, name)] if card else []


def of_version(address: Address, newest: int, package: Package) -> list[Change]:
    """Changes that create a version of a package.

    Args:
      address: of the variation.
      newest: existing version; 0 if there is no variation.
      package: to be published.
    """
    uploads = [Change(UPLOAD, name, file) for name, file in package.files.items()]
    action = CREATE_VERSION if newest else CREATE_VARIATION
    return [*uploads, Change(action, f"{address}/{newest + 1}")]


def of_variation(found: Any | None, card: dict[str, str]) -> list[Change]:
    """Changes of a variation's texts; a new variation is created with them.

    Args:
      found: what exists, or None.
      card: its texts to set.
    """
    return [Change(DESCRIBE_VARIATION, ", ".join(card))] if found and card else []


def _plain(value: Any) -> Any:
    return cards.unmarked(value) if isinstance(value, str) else value
