"""Pages of a publisher and of a collection, which a hub wants beside those of models."""

from __future__ import annotations

from collections.abc import Sequence

from slimhub.common.errors import RequestError, option
from slimhub.publish.handle import NAME, PUBLISHER, Handle
from slimhub.publish.pages.checker import grammar
from slimhub.publish.pages.markdown import text

_TASKS = {"feature_vector": "image-feature-vector", "classification": "image-classification"}


def publisher_page(publisher: str, description: str) -> str:
    """The page of a publisher, `PUBLISHER/PUBLISHER.md`.

    Args:
      publisher: its name in handles.
      description: who that is, plain text.

    Raises:
      RequestError: for a name that handles cannot have, or no description.
    """
    if not PUBLISHER.fullmatch(publisher):
        raise RequestError(f"{publisher!r} may have lower case letters, digits and - only")
    return f"# Publisher {publisher}\n{_described(description)}\n"


def collection_page(
    collection: str,
    title: str,
    description: str,
    models: Sequence[Handle],
    *,
    tasks: Sequence[str] | None = None,
) -> str:
    """The page of a collection, `PUBLISHER/collections/NAME/1.md`.

    Args:
      collection: `PUBLISHER/NAME`.
      title: heading above the models.
      description: what they have in common, plain text.
      models: at least one; linked on tfhub.dev, as the grammar wants it.
      tasks: the hub's ids; by default those that the models' handles name.

    Raises:
      RequestError: for a name that cannot be, for no models, and for tasks that the hub does not
        know or no handle names.
    """
    publisher, _, name = collection.partition("/")
    if not PUBLISHER.fullmatch(publisher) or not NAME.fullmatch(name):
        raise RequestError(f"the collection {collection!r} is not PUBLISHER/NAME")
    if not models:
        raise RequestError(
            f"the collection {collection} needs at least one model: name it in {option('models')}"
        )
    lines = [
        f"# Collection {collection}/1",
        _described(description),
        "",
        *(f"<!-- task: {task} -->" for task in _checked(tasks or _named_in(models))),
        "",
        f"## {text(title)}",
        "",
        *(f"  * [`{model}`](https://tfhub.dev/{model})" for model in models),
    ]
    return "\n".join(lines) + "\n"


def _described(description: str) -> str:
    line = text(description)
    if not line:
        raise RequestError(f"pass {option('description')}: a sentence that says what it is")
    return line


def _named_in(models: Sequence[Handle]) -> list[str]:
    parts = {part for model in models for part in model.name.split("/")}
    return [task for part, task in _TASKS.items() if part in parts]


def _checked(tasks: Sequence[str]) -> Sequence[str]:
    if not tasks:
        raise RequestError("the models' handles name no task: give the collection's tasks")
    for task in tasks:
        if message := grammar.complaint(grammar.KINDS["Collection"], "task", task):
            raise RequestError(message)
    return tasks
