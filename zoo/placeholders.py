"""Fills the placeholders of a manifest's paths and names."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from slimhub import nets
from slimhub.common.errors import RequestError

_PLACEHOLDER = re.compile(r"\{(.*?)\}")
_AVERAGED = "ema"  # folder inside an archive


def fill(pattern: str, network: str, task: str) -> str:
    """A pattern with the names of one export in it.

    `{network}` and `{task}` are what they say, `{network-slug}` and `{task-slug}` the same with `-`
    for each `_`, as Kaggle wants names. `{checkpoint}` is the public checkpoint of a
    network as `slimhub describe` tells it, `{archive}` the archive that it is in, without the
    archive's ending: `v3-small_224_0.75_float` of `v3-small_224_0.75_float/ema/model-497500`.

    Args:
      pattern: text of a manifest.
      network: registered name.
      task: one of `nets.TASKS`.

    Raises:
      RequestError: for a placeholder that is not known, or not of this network.
    """
    public = nets.get(network).checkpoint
    values = {"network": network, "task": task}
    values |= {f"{key}-slug": value.replace("_", "-") for key, value in values.items()}
    values |= {"checkpoint": public, "archive": archive(public)}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            known = ", ".join(f"{{{key}}}" for key in values)
            raise RequestError(f"there is no placeholder {{{name}}} in {pattern!r}: {known}")
        if not values[name]:
            raise RequestError(
                f"no public checkpoint of {network} is known for {{{name}}} in {pattern!r}: give "
                "it a table of its own, with another checkpoint"
            )
        return values[name]

    return _PLACEHOLDER.sub(value, pattern)


def archive(checkpoint: str) -> str:
    """The archive of a public checkpoint, without its ending.

    Args:
      checkpoint: of a `NetworkSpec`, may be empty.
    """
    folder = PurePosixPath(checkpoint).parent
    folder = folder.parent if folder.name == _AVERAGED else folder
    return "" if folder == PurePosixPath() else str(folder)
