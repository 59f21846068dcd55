"""Fills in the placeholders in a manifest's paths and names."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from slimhub import nets
from slimhub.common.errors import RequestError

_PLACEHOLDER = re.compile(r"\{(.*?)\}")
_AVERAGED = "ema"  # folder inside an archive


def fill(pattern: str, network: str, task: str) -> str:
    """Fills the names of one export into a pattern.

    `{network}` and `{task}` are those of the export; `{network-slug}` and `{task-slug}` have `-`
    instead of `_`, as Kaggle requires. `{checkpoint}` is the public checkpoint of the network that
    `slimhub describe` shows, `{archive}` the name of its archive without the suffix:
    `v3-small_224_0.75_float` for `v3-small_224_0.75_float/ema/model-497500`.

    Args:
      pattern: from a manifest.
      network: registered name.
      task: one of `nets.TASKS`.

    Raises:
      RequestError: if a placeholder is unknown, or does not apply to this network.
    """
    public = nets.get(network).checkpoint
    values = {"network": network, "task": task}
    values |= {f"{key}-slug": value.replace("_", "-") for key, value in values.items()}
    values |= {"checkpoint": public, "archive": archive(public)}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            known = ", ".join(f"{{{key}}}" for key in values)
            raise RequestError(f"unknown placeholder {{{name}}} in {pattern!r}: {known}")
        if not values[name]:
            raise RequestError(
                f"{network} has no known public checkpoint for {{{name}}} in {pattern!r}: give "
                "it its own table with another checkpoint"
            )
        return values[name]

    return _PLACEHOLDER.sub(value, pattern)


def archive(checkpoint: str) -> str:
    """The archive of a public checkpoint, without its suffix.

    Args:
      checkpoint: of a `NetworkSpec`, may be empty.
    """
    folder = PurePosixPath(checkpoint).parent
    folder = folder.parent if folder.name == _AVERAGED else folder
    return "" if folder == PurePosixPath() else str(folder)
