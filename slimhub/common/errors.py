"""The errors of slimhub. Each says what is wrong, where, and what to do next.

Messages name options with `option`; the command line turns them into flags.
"""

from __future__ import annotations

import re
from collections.abc import Container

_OPTION = re.compile(r"`(?P<name>[a-z]\w*)(?P<value>=[^`\n]*)?`")


class SlimhubError(Exception):
    """The base of all errors that users should see; nothing half-written is left on disk."""


class RequestError(SlimhubError):
    """A request that is refused before any work; the caller has to change it."""


class NetworkError(RequestError, ValueError):
    """A network that is not registered, or an option that it does not support."""


class CheckpointError(SlimhubError):
    """A checkpoint that cannot be opened, read or fitted."""


class MissingCheckpointError(CheckpointError, RequestError):
    """A path at which there is nothing to open."""


class ChoiceError(CheckpointError):
    """A valid source with several checkpoints, none of which is the obvious choice."""


class ExportError(SlimhubError):
    """An export or proof that failed; the target is unchanged."""


class EvaluationError(SlimhubError):
    """An evaluation that failed, or whose figures cannot be trusted; none are kept."""


class PublishError(SlimhubError):
    """An artifact that could not be published, or a target that does not allow it."""


class MissingArtifactError(PublishError, RequestError):
    """A folder that is not there, or is not what the caller says it is."""


def option(name: str, value: object = None) -> str:
    """An option inside a message, in backticks.

    The backticks are plain text: they survive when a message is embedded in another, or in JSON.

    Args:
      name: as a Python keyword or a manifest key.
      value: its actual or required value; None if the message is about the option itself.
    """
    return f"`{name}`" if value is None else f"`{name}={value}`"


def spell_options(message: str, names: Container[str], prefix: str) -> str:
    """Spells the options in a message the way the reader gives them, without backticks.

    Args:
      message: with options marked by `option`.
      names: options that this reader can give; others stay unchanged.
      prefix: what the reader writes before a name.
    """

    def spell(found: re.Match[str]) -> str:
        name, value = found["name"], found["value"] or ""
        return f"{prefix}{name}{value}" if name in names else found[0]

    return _OPTION.sub(spell, message)


class RecordError(ExportError, PublishError):
    """A record that is missing, damaged, or does not match its artifact.

    Attributes:
      reason: what is wrong with it, as the end of a sentence.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class MissingRecordError(RecordError, RequestError):
    """A folder without a record: not one that slimhub wrote."""
