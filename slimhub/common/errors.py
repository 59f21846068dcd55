"""The errors of slimhub. Each says what is wrong, where, and what to do next.

A message names options as `option` writes them; the command line spells its own as flags.
"""

from __future__ import annotations

import re
from collections.abc import Container

_OPTION = re.compile(r"`(?P<name>[a-z]\w*)(?P<value>=[^`\n]*)?`")


class SlimhubError(Exception):
    """The root of all errors that are meant for a user; nothing half-written is left on disk."""


class RequestError(SlimhubError):
    """A request that is refused before any work: its caller has to change it."""


class NetworkError(RequestError, ValueError):
    """A network that is not registered, or an option it cannot be built with."""


class CheckpointError(SlimhubError):
    """A checkpoint that cannot be opened, read or fitted."""


class ChoiceError(CheckpointError):
    """A sound source, of which it is not clear which checkpoint is meant."""


class ExportError(SlimhubError):
    """An export or a proof that could not be done; the target is as it was."""


class PublishError(SlimhubError):
    """An artifact that could not be published, or a target that does not allow it."""


def option(name: str, value: object = None) -> str:
    """An option inside a message, in backticks.

    The marks are plain text: they stay where one message becomes part of another, or of JSON.

    Args:
      name: as a Python keyword or a key of a manifest has it.
      value: what it is, or should be; None where the message is about the option itself.
    """
    return f"`{name}`" if value is None else f"`{name}={value}`"


def spell_options(message: str, names: Container[str], prefix: str) -> str:
    """A message with options as a reader gives them, without the backticks.

    Args:
      message: with marks of `option`.
      names: of the options that this reader can give; others stay as they are.
      prefix: what the reader writes in front of a name.
    """

    def spell(found: re.Match[str]) -> str:
        name, value = found["name"], found["value"] or ""
        return f"{prefix}{name}{value}" if name in names else found[0]

    return _OPTION.sub(spell, message)


class RecordError(ExportError, PublishError):
    """A record that is missing, damaged, or not of the artifact that it is in.

    Attributes:
      reason: what is wrong with it, as the end of a sentence.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
