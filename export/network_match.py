"""Finds the registered network of a checkpoint from stored lists of variables."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Any

from slimhub import checkpoints, nets
from slimhub.checkpoints import leftovers
from slimhub.common.errors import RequestError, option
from slimhub.common.text import listed
from slimhub.export import foreign_names, graph_options, misfits, tie_break, trained_options
from slimhub.export.graph_options import GraphOptions
from slimhub.export.request import AUTO, Request
from slimhub.export.verify.subject import Subject
from slimhub.nets.catalogue import stored
from slimhub.nets.catalogue.stored import Shapes
from slimhub.nets.options import NetworkOptions

_SHOWN = 3  # names of each kind listed in a message
# What variables are called that a network has with an option, and not as it is registered.
_OF_OPTIONS = {"batch_norm_scale": "/BatchNorm/gamma", "batch_norm": "/biases"}


@dataclasses.dataclass(frozen=True)
class Match:
    """A network that a checkpoint fits, or comes closest to.

    Attributes:
      fit: how well it fits.
      auxiliary: names of the variables of heads that only serve training.
      left_over: names of all others that the network does not have, except optimizer slots,
        averages and the like.
      unknown: those in `left_over` that belong to the network's own layers; an export refuses them.
      options: with which it fits, if they differ from the registered ones.
    """

    fit: nets.Fit
    auxiliary: tuple[str, ...]
    left_over: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    options: NetworkOptions = dataclasses.field(default_factory=NetworkOptions)

    @property
    def is_whole(self) -> bool:
        """Whether everything except the head fits, with the options."""
        return self.fit.is_whole or bool(self.options.given())

    def to_json(self) -> dict[str, Any]:
        """The match as JSON."""
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
            parts.append(f"{len(self.auxiliary)} left over as expected, from the auxiliary head")
        if self.unknown:
            shown = listed(self.unknown, _SHOWN)
            parts.append(f"{len(self.unknown)} that the network does not have: {shown}")
        harmless = [name for name in self.left_over if name not in self.unknown]
        if harmless:
            parts.append(f"{len(harmless)} left over: {listed(harmless, _SHOWN)}")
        return "; ".join(parts)


def matches(checkpoint: checkpoints.Checkpoint) -> list[Match]:
    """All registered networks that a checkpoint fits, or else the closest one, if any.

    Args:
      checkpoint: open.
    """
    shapes = checkpoint.shapes()
    return [_match(fit, shapes) for fit in nets.find_fits(shapes)]


def worked_out(shapes: Shapes, given: NetworkOptions) -> list[Match]:
    """Networks that fit with other options, see `trained_options`.

    Args:
      shapes: of a checkpoint's tensors, by name.
      given: options that are already decided.
    """
    found = trained_options.find(shapes, given)
    if found is None:
        return []
    fits, options = found
    own = [_OF_OPTIONS[name] for name in options.given() if name in _OF_OPTIONS]
    others = {name: shape for name, shape in shapes.items() if not name.endswith(tuple(own))}
    return [dataclasses.replace(_match(fit, others), options=options) for fit in fits]


def by_scope(checkpoint: checkpoints.Checkpoint) -> dict[str, list[Match]]:
    """Matches by the prefix with a complete network below; the prefix may be empty.

    Args:
      checkpoint: open.
    """
    plain = matches(checkpoint)
    if any(match.is_whole for match in plain):
        return {"": plain}
    shapes = checkpoint.shapes()
    if scopes := foreign_names.find_scopes(shapes):
        return {scope: matches(checkpoint.scoped(scope)) for scope in scopes}
    if found := worked_out(shapes, NetworkOptions()) or plain:
        return {"": found}
    part = foreign_names.find_part(shapes)
    if part is None:
        return {"": []}
    scoped = checkpoint.scoped(part[0])
    return {part[0]: worked_out(scoped.shapes(), NetworkOptions()) or matches(scoped)}


def render(found: list[Match]) -> list[str]:
    """A line for each match; networks that differ only in their image size share one.

    Args:
      found: from `matches`.
    """
    sizes: dict[tuple[str, str], list[str]] = {}
    for match in found:
        name = match.fit.network
        stem = name.removesuffix(f"_{nets.get(name).image_size}")
        sizes.setdefault((stem, str(match).removeprefix(name)), []).append(name)
    return [_sharing(stem, names) + rest for (stem, rest), names in sizes.items()]


def _sharing(stem: str, names: list[str]) -> str:
    """Merges names with a common beginning: `net_{128,224}`."""
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


@dataclasses.dataclass(frozen=True)
class Resolution:
    """The network of a checkpoint.

    Attributes:
      request: for that network, with the options that the variables show, and with the checkpoint's
        number of classes if the task is classification.
      checkpoint: in the scope that the network is in.
      ground: why this network, in words.
      shown: what the original graph shows.
    """

    request: Request
    checkpoint: checkpoints.Checkpoint
    ground: str
    shown: GraphOptions


def resolve(
    request: Request, checkpoint: checkpoints.Checkpoint, *, forks: bool = False
) -> Resolution:
    """Finds the network that a checkpoint fits.

    If several fit, see `tie_break`.

    Args:
      request: names `auto` as its network.
      checkpoint: open.
      forks: see `export`.

    Raises:
      checkpoints.CheckpointError: if none fits; names the closest match and what differs.
      RequestError: if several do.
    """
    found = [match for match in matches(checkpoint) if not misfits.are_gammas(match.unknown)]
    if not any(match.fit.is_whole for match in found):
        request, checkpoint, found = _below_a_scope(request, checkpoint, found)
    if not any(match.fit.is_whole for match in found):
        found = worked_out(checkpoint.shapes(), request.options) or found
    fits = [match.fit for match in found if match.is_whole]
    if not fits:
        raise checkpoints.CheckpointError(_nothing_fits(checkpoint, found))
    shown = graph_options.find(fits[0].network, request, checkpoint, forks=forks)
    fits, ground = tie_break.narrow(fits, checkpoint, request.options, shown.facts)
    if len(fits) > 1:
        raise RequestError(
            f"{checkpoint.label} fits several networks: "
            f"{', '.join(fit.network for fit in fits)}. Name one of them instead of "
            f"{AUTO}{tie_break.differences(fits)}"
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
        ground = f"found in the scope {checkpoint.scope}; {ground}"
    is_own = bool(of_network) or has_other_classes
    is_sized = options.image_size is not None or shown.facts.image_size is not None
    if is_own and not is_sized and not (options.free_size or spec.size_is_free):
        ground += (
            f"; images of {spec.image_size} pixels are assumed, since checkpoints do not store the "
            f"size: set another one with {option('image_size')}"
        )
    return Resolution(resolved, checkpoint, ground, shown)


def _below_a_scope(
    request: Request, checkpoint: checkpoints.Checkpoint, found: list[Match]
) -> tuple[Request, checkpoints.Checkpoint, list[Match]]:
    """Request and checkpoint for the only prefix with a complete network, if there is one.

    Raises:
      RequestError: if there are several such prefixes.
    """
    scopes = list(foreign_names.find_scopes(checkpoint.shapes()))
    if not scopes or request.scope is not None:
        return request, checkpoint, found
    if len(scopes) > 1:
        raise RequestError(
            f"{checkpoint.label} has networks in several scopes: {', '.join(scopes)}. Choose "
            f"one with {option('scope')}"
        )
    scoped = checkpoint.scoped(scopes[0])
    return dataclasses.replace(request, scope=scopes[0]), scoped, matches(scoped)


def _nothing_fits(checkpoint: checkpoints.Checkpoint, found: list[Match]) -> str:
    lines = [f"{checkpoint.label} does not fit any registered network."]
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
            lines.append(f"  with another shape: {listed(pairs, _SHOWN)}")
        lines.append(
            "If it was trained with other options, name the network and pass them: "
            f"{', '.join(map(option, stored.shaping_options(match.fit.network)))}."
        )
    return "\n".join(lines)
