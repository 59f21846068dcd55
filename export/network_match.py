"""Which registered network a checkpoint is of, by stored lists of variables: nothing is built."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Any

from slimhub import checkpoints, nets
from slimhub.checkpoints import leftovers
from slimhub.common.errors import RequestError, option
from slimhub.common.text import listed
from slimhub.export import foreign_names, tie_break, trained_options
from slimhub.export.request import AUTO, Request
from slimhub.export.verify.subject import Subject
from slimhub.nets.catalogue.stored import Shapes
from slimhub.nets.options import NetworkOptions

_SHOWN = 3  # names a message lists of each kind


@dataclasses.dataclass(frozen=True)
class Match:
    """One network that a checkpoint fits, or comes closest to.

    Attributes:
      fit: how well.
      auxiliary: names of the variables of heads that only training has.
      left_over: names of all others that the network does not have; slots of optimizers, averages
        and the like apart.
      unknown: those of `left_over` that are layers of the network itself, which an export refuses.
      options: with which it fits, where it is not as registered.
    """

    fit: nets.Fit
    auxiliary: tuple[str, ...]
    left_over: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    options: NetworkOptions = dataclasses.field(default_factory=NetworkOptions)

    @property
    def is_whole(self) -> bool:
        """Whether everything but the head fits, with the options."""
        return self.fit.is_whole or bool(self.options.given())

    def to_json(self) -> dict[str, Any]:
        """What is known, as JSON."""
        spec = nets.get(self.fit.network).customized(self.options)
        return {
            "network": spec.name,
            "options": self.options.given(),
            "depth_multiplier": spec.depth_multiplier,
            "num_classes": self.fit.num_classes,
            "auxiliary": list(self.auxiliary),
            "left_over": list(self.left_over),
            "unknown": list(self.unknown),
        }

    def __str__(self) -> str:
        spec = nets.get(self.fit.network).customized(self.options)
        parts = [str(self.fit)]
        if given := self.options.given():
            flags = " ".join(option(name, value) for name, value in given.items())
            parts = [f"{spec.name} with {flags}"]
        elif self.fit.is_whole and spec.depth_rule is not None:
            parts.append(f"depth multiplier {spec.depth_multiplier:g}")
        if self.fit.is_whole and self.fit.num_classes not in (None, spec.num_classes):
            parts.append(option("num_classes", self.fit.num_classes))
        if self.auxiliary:
            parts.append(f"{len(self.auxiliary)} left over as expected, of the auxiliary head")
        if self.unknown:
            shown = listed(self.unknown, _SHOWN)
            parts.append(f"{len(self.unknown)} that the network has no place for: {shown}")
        harmless = [name for name in self.left_over if name not in self.unknown]
        if harmless:
            parts.append(f"{len(harmless)} left over: {listed(harmless, _SHOWN)}")
        return "; ".join(parts)


def matches(checkpoint: checkpoints.Checkpoint) -> list[Match]:
    """All registered networks that a checkpoint fits; else the one it comes closest to, if any.

    Args:
      checkpoint: open.
    """
    shapes = checkpoint.shapes()
    return [_match(fit, shapes) for fit in nets.find_fits(shapes)]


def worked_out(shapes: Shapes, given: NetworkOptions) -> list[Match]:
    """Networks that fit with options of their own, see `trained_options`.

    Args:
      shapes: of a checkpoint's tensors, by name.
      given: options that are settled.
    """
    found = trained_options.work_out(shapes, given)
    if found is None:
        return []
    fits, options = found
    return [dataclasses.replace(_match(fit, shapes), options=options) for fit in fits]


def by_scope(checkpoint: checkpoints.Checkpoint) -> dict[str, list[Match]]:
    """The same by the prefix below which a network is whole; empty for none.

    Args:
      checkpoint: open.
    """
    plain = matches(checkpoint)
    if any(match.is_whole for match in plain):
        return {"": plain}
    shapes = checkpoint.shapes()
    scopes = foreign_names.find_scopes(shapes)
    if scopes or plain:
        found = {scope: matches(checkpoint.scoped(scope)) for scope in scopes}
        return found or {"": worked_out(shapes, NetworkOptions()) or plain}
    part = foreign_names.find_part(shapes)
    return {"": []} if part is None else {part[0]: matches(checkpoint.scoped(part[0]))}


def render(found: list[Match]) -> list[str]:
    """A line for each match; networks that differ in their image size alone share one.

    Args:
      found: as `matches` gives them.
    """
    sizes: dict[tuple[str, str], list[str]] = {}
    for match in found:
        name = match.fit.network
        stem = name.removesuffix(f"_{nets.get(name).image_size}")
        sizes.setdefault((stem, str(match).removeprefix(name)), []).append(name)
    return [_sharing(stem, names) + rest for (stem, rest), names in sizes.items()]


def _sharing(stem: str, names: list[str]) -> str:
    """Names that begin alike: `net_{128,224}`."""
    ends = [name.removeprefix(f"{stem}_") for name in names]
    return names[0] if len(names) == 1 else f"{stem}_{{{','.join(ends)}}}"


def _match(fit: nets.Fit, shapes: Shapes) -> Match:
    known = nets.stored_variables(fit.network)
    expectations = Subject(fit.network, "classification").expectations(None)
    left = leftovers.sort(shapes, known, known, expectations)

    def variables(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if checkpoints.is_variable(name))

    return Match(
        fit,
        variables(left.expected.get(leftovers.OF_OTHER_PARTS, ())),
        variables(left.unexpected),
        variables(left.unknown),
    )


def resolve(request: Request, checkpoint: checkpoints.Checkpoint) -> tuple[Request, str]:
    """The request with the network that the checkpoint fits.

    Where several fit, see `tie_break`.

    Args:
      request: names no network but `auto`.
      checkpoint: open.

    Returns:
      The request for that network, and for the checkpoint's number of classes where the task
      is classification; and why this network, in words.

    Raises:
      checkpoints.CheckpointError: where none fits; says which comes closest, and what differs.
      RequestError: where several do.
    """
    found = matches(checkpoint)
    if not any(match.fit.is_whole for match in found):
        request, checkpoint, found = _below_a_scope(request, checkpoint, found)
    if not any(match.fit.is_whole for match in found):
        found = worked_out(checkpoint.shapes(), request.options) or found
    fits = [match.fit for match in found if match.is_whole]
    if not fits:
        raise checkpoints.CheckpointError(_nothing_fits(checkpoint, found))
    fits, ground = tie_break.narrow(fits, checkpoint, request.options)
    if len(fits) > 1:
        raise RequestError(
            f"{checkpoint.label} fits several networks: {', '.join(fit.network for fit in fits)}. "
            f"Name the one that is meant in place of {AUTO}{tie_break.differences(fits)}"
        )
    spec = nets.get(fits[0].network)
    options, of_network = request.options, found[0].options.given()
    if of_network and request.task != "classification":
        of_network.pop("num_classes", None)
    if of_network:
        options = dataclasses.replace(options, **of_network)
        found_out = {n: v for n, v in of_network.items() if n not in request.options.given()}
        told = " ".join(option(name, value) for name, value in found_out.items())
        ground = f"its shapes are those of {told}; {ground}"
    has_other_classes = fits[0].num_classes not in (None, spec.num_classes)
    if request.task == "classification" and options.num_classes is None and has_other_classes:
        options = dataclasses.replace(options, num_classes=fits[0].num_classes)
    resolved = dataclasses.replace(request, network=spec.name, options=options)
    if request.scope is not None:
        ground = f"found below {checkpoint.scope}; {ground}"
    return resolved, ground


def _below_a_scope(
    request: Request, checkpoint: checkpoints.Checkpoint, found: list[Match]
) -> tuple[Request, checkpoints.Checkpoint, list[Match]]:
    """The same for the only prefix below which a network is whole; as they are where none is.

    Raises:
      RequestError: where there are several such prefixes.
    """
    scopes = list(foreign_names.find_scopes(checkpoint.shapes()))
    if not scopes or request.scope is not None:
        return request, checkpoint, found
    if len(scopes) > 1:
        raise RequestError(
            f"{checkpoint.label} has networks below several prefixes: {', '.join(scopes)}. Say "
            f"which is meant, with {option('scope')}"
        )
    scoped = checkpoint.scoped(scopes[0])
    return dataclasses.replace(request, scope=scopes[0]), scoped, matches(scoped)


def _nothing_fits(checkpoint: checkpoints.Checkpoint, found: list[Match]) -> str:
    lines = [f"{checkpoint.label} fits no registered network."]
    if not found:
        lines.append(foreign_names.explain(checkpoint.shapes()))
    for match in found:
        shapes = checkpoint.shapes()
        wanted = nets.stored_variables(match.fit.network)
        head = re.compile(nets.get(match.fit.network).head)
        body = {name: shape for name, shape in wanted.items() if not head.search(name)}
        missing = [name for name in body if name not in shapes]
        other = [name for name in body if name in shapes and shapes[name] != body[name]]
        lines.append(f"{match.fit}.")
        if missing:
            lines.append(f"  missing: {listed(missing, _SHOWN)}")
        if other:
            pairs = [f"{n} is {list(shapes[n])}, expected {list(body[n])}" for n in other]
            lines.append(f"  of another shape: {listed(pairs, _SHOWN)}")
        lines.append(
            "If it was trained with options of its own, name the network, and give them: "
            f"{option('depth_multiplier')}, {option('feature_depth')}."
        )
    return "\n".join(lines)
