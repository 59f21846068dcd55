"""Links from a page of a hub to the models of the same family that the hub has."""

from __future__ import annotations

import functools
import re

from slimhub import nets
from slimhub.nets import TASKS
from slimhub.publish.handle import Handle
from slimhub.publish.hub.index import Index, Version
from slimhub.publish.pages import task_texts


def related(handle: Handle, version: Version) -> dict[str, str]:
    """Models that the page of a version mentions: what it calls them, by their handles.

    Args:
      handle: of the version.
      version: names its network and task.

    Returns:
      The same network with the other task by its handle and, where the handle names the network,
      the networks of its family by their names.
    """
    *above, last = handle.model.split("/")
    found = {}
    if last in TASKS:
        others = ("/".join([*above, task]) for task in TASKS if task != last)
        found = {other: other for other in others}
    parts = handle.model.split("/")
    if version.network in nets.names() and version.network in parts:
        place = parts.index(version.network)
        family = nets.get(version.network).family
        for name in nets.names():
            if name != version.network and nets.get(name).family == family:
                found["/".join([*parts[:place], name, *parts[place + 1 :]])] = name
    return found


def linked(markdown: str, handle: Handle, index: Index) -> str:
    """A page with links to what the hub has, and to nothing else.

    Args:
      markdown: a page as `pages.page` renders it, or as this function has returned it.
      handle: of the version.
      index: of the hub.
    """
    markdown = _with_other_task(markdown, handle, index)
    models = {shown: model for model, shown in related(handle, index.published(handle)).items()}
    if not models:
        return markdown

    def written(found: re.Match[str]) -> str:
        shown = found["linked"] or found["plain"]
        # Without a link, networks are mentioned in cells of tables; handles are anywhere.
        in_text = found["plain"] and not markdown.startswith(" |", found.end())
        if in_text and shown != models[shown]:
            return found[0]
        return _mention(models[shown], shown, index)

    return _mentions(tuple(models)).sub(written, markdown)


@functools.lru_cache(maxsize=64)
def _mentions(names: tuple[str, ...]) -> re.Pattern[str]:
    """The pattern of every mention of models, with a link or without.

    Args:
      names: what the models are called.
    """
    any_name = "|".join(map(re.escape, names))
    return re.compile(
        rf"\[`(?P<linked>{any_name})(?:/\d+)?`\]\([^()\s]*\)|(?<![\w/`])`(?P<plain>{any_name})`"
    )


def _with_other_task(markdown: str, handle: Handle, index: Index) -> str:
    """A page with the sentence about the other task if the hub has that, and else without."""
    stem, _, task = handle.model.rpartition("/")
    if task != index.published(handle).task:  # such handles do not name the other model
        return markdown
    other = f"{stem}/{next(one for one in TASKS if one != task)}"
    sentence, above = task_texts.OTHER_TASK[task], task_texts.INTRODUCTIONS[task]
    before, after = sentence.split("{}")
    mention = rf"\[?`{re.escape(other)}(?:/\d+)?`(?:\]\([^()\s]*\))?"
    markdown = re.sub(f"{re.escape(above + before)}{mention}{re.escape(after)}", above, markdown)
    if index.newest(other) is None:
        return markdown
    return markdown.replace(above, above + sentence.format(_mention(other, other, index)), 1)


def _mention(model: str, shown: str, index: Index) -> str:
    newest = index.newest(model)
    if newest is None or set(index.url) & set("()"):
        return f"`{shown}`"
    text = f"{shown}/{newest.number}" if shown == model else shown
    return f"[`{text}`]({index.url}/{model}/{newest.number}.html)"
