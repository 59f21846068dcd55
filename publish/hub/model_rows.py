"""Models as the start page lists them."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import Any

from slimhub import nets
from slimhub.publish.hub import accuracy, page_markdown
from slimhub.publish.hub.accuracy import Accuracy
from slimhub.publish.hub.index import Version

TASKS = {"feature_vector": "feature vector", "classification": "classification"}
FORMATS = {".tflite": "LiteRT", ".onnx": "ONNX"}
_MOST_WORDS = 2000  # characters of what only the search sees of a model


@dataclasses.dataclass(frozen=True)
class ModelRow:
    """A model in the table of the start page.

    Attributes:
      model: `PUBLISHER/NAME`.
      version: the newest.
      description: HTML.
      family: of its network, `custom` where it is not a registered one.
      accuracy: that models are compared by, or None.
      words: what its page shows and the table does not, for the search.
    """

    model: str
    version: Version
    description: str
    family: str
    accuracy: Accuracy | None
    words: str

    @classmethod
    def of(cls, model: str, version: Version) -> ModelRow:
        """A row.

        Args:
          model: `PUBLISHER/NAME`.
          version: of the model.
        """
        return cls(
            model,
            version,
            page_markdown.inline(version.description),
            family(version.network),
            accuracy.of(version),
            _words(version),
        )

    @property
    def publisher(self) -> str:
        """The first part of its handle."""
        return self.model.partition("/")[0]

    @property
    def task(self) -> str:
        """Its task, as people read it."""
        return TASKS.get(self.version.task, self.version.task)

    @property
    def formats(self) -> list[str]:
        """The formats it can be downloaded in."""
        return ["SavedModel", *(FORMATS[suffix] for suffix in self.version.also)]

    @property
    def values(self) -> dict[str, Any]:
        """What the script of the page filters, sorts and plots by; without what is not known."""
        facts = self.version.facts
        found = {
            "model": self.model,
            "publisher": self.publisher,
            "task": self.task,
            "family": self.family,
            "network": self.version.network,
            "formats": self.formats,
            "accuracy": self.accuracy and self.accuracy.top1,
            "measured": self.accuracy and self.accuracy.is_measured,
            "data": self.accuracy and self.accuracy.data,
            "bytes": self.version.archive.bytes,
            "date": self.version.published,
        }
        if facts is not None:
            found |= {
                "size": max(facts.sides),
                "free": facts.size_is_free,
                "parameters": facts.parameters,
                "macs": facts.macs,
            }
        return {key: value for key, value in found.items() if value is not None}


@functools.cache
def family(network: str) -> str:
    """The family of a registered network, `custom` for others.

    Args:
      network: its name.
    """
    return nets.get(network).family if network in nets.names() else "custom"


def tags(version: Version) -> list[tuple[str, str]]:
    """Metadata of a version's page, as key and value, without the address of its archive."""
    return [(k, v) for k, values in version.metadata.items() for v in values if k != "asset-path"]


def _words(version: Version) -> str:
    """Each word once, so that texts that many models share cost little."""
    said = [f"{key}:{value}" for key, value in tags(version)]
    said += [version.network, *version.texts.values()]
    words = dict.fromkeys(re.split(r"\s+", " ".join(said).lower()))
    text = " ".join(words)
    return text if len(text) <= _MOST_WORDS else text[:_MOST_WORDS].rpartition(" ")[0]


def count_of(models: int) -> str:
    """How many models there are, as a phrase."""
    return f"{models:,} model{'' if models == 1 else 's'}"
