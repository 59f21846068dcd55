"""What to do about a checkpoint that does not fit the network."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slimhub import checkpoints, nets
from slimhub.common.errors import option
from slimhub.export import foreign_names, misfits
from slimhub.nets import size_notation
from slimhub.nets.catalogue import stored


def give(
    checkpoint: checkpoints.Checkpoint,
    plan: checkpoints.Plan,
    spec: nets.NetworkSpec,
    variables: Sequence[str],
) -> str:
    """One or two sentences for the user.

    Args:
      checkpoint: the one that does not fit.
      plan: what is missing, and what has another shape.
      spec: the network that was requested.
      variables: names of all its variables, in the order in which the network creates them.
    """
    without_head = [name for name in variables if not re.search(spec.head, name)]
    if plan.mismatched or set(plan.missing) & set(without_head):  # more than the logits differ
        explained = misfits.explain(
            plan,
            without_head,
            checkpoint.shapes(),
            norms_are_optional=spec.norms_are_optional,
        )
        if explained:
            return explained
    widths = _widths(plan, spec)
    if widths:
        return f"The checkpoint has other widths than the network: pass {widths}."
    fits = nets.find_fits(checkpoint.shapes())
    whole = [fit for fit in fits if fit.is_whole]
    if not spec.reference and any(fit.network == spec.name for fit in whole):
        changed = _own_options(spec)
        if changed:
            return f"The checkpoint fits {spec.name} without {changed}: leave that out."
        task = option("task", "feature_vector")
        return f"The checkpoint has no logits: export it with {task}."
    if whole:
        found = " or ".join(str(fit) for fit in whole)
        return f"The checkpoint belongs to {found}: export it under that name."
    if not fits:
        return f"No registered network fits it. {foreign_names.explain(checkpoint.shapes())}"
    shaping = stored.shaping_options(fits[0].network)
    known = ", ".join(map(option, (*shaping, "num_classes")))
    return (
        f"No registered network fits it; {fits[0]}. If it was trained with other options, pass "
        f"them: {known}."
    )


def _own_options(spec: nets.NetworkSpec) -> str:
    """Options that change shapes from the registered ones, except the logits'."""
    registered = nets.get(spec.reference or spec.name)
    changed = []
    depth = registered.feature_depth
    if spec.depth_multiplier != registered.depth_multiplier:
        changed.append(option("depth_multiplier", f"{spec.depth_multiplier:g}"))
        depth = registered.customized(depth_multiplier=spec.depth_multiplier).feature_depth
    if spec.feature_depth != depth:
        changed.append(option("feature_depth", spec.feature_depth))
    if (
        "image_size" in stored.shaping_options(registered.name)
        and spec.image_size != registered.image_size
    ):
        changed.append(option("image_size", size_notation.spell(spec.image_size)))
    return " and ".join(changed)


def _widths(plan: checkpoints.Plan, spec: nets.NetworkSpec) -> str:
    """Options that would make the plan fit, if only classes or features differ."""
    pairs = {
        (wanted, found)
        for _, wanted_shape, found_shape in plan.mismatched
        for wanted, found in zip(wanted_shape, found_shape, strict=False)
        if wanted != found
    }
    widths = {spec.num_classes: "num_classes", spec.feature_depth: "feature_depth"}
    explained = {wanted for wanted, _ in pairs} <= set(widths) and len(pairs) == len(dict(pairs))
    if plan.missing or not explained:
        return ""
    return " and ".join(option(widths[wanted], found) for wanted, found in sorted(pairs))
