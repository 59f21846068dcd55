"""Flags that several commands share: which network, with which options."""

from __future__ import annotations

import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options of a network."""
    group = parser.add_argument_group("a network of one's own")
    group.add_argument(
        "--depth_multiplier", type=float, metavar="M", help="factor on the width of every layer"
    )
    group.add_argument(
        "--num_classes",
        type=int,
        metavar="N",
        help="width of the logits, a background class included",
    )
    group.add_argument(
        "--image_size", type=int, metavar="PIXELS", help="height and width of the images"
    )
    group.add_argument(
        "--feature_depth",
        type=int,
        metavar="N",
        help="width of the last layer before the logits, where it is not the published one",
    )
    group.add_argument(
        "--free_size", action="store_true", help="take images of any size, not of one alone"
    )
    group.add_argument(
        "--drop_background",
        action="store_true",
        help="leave class 0, the background, out of the logits and the labels",
    )


def chosen(arguments: argparse.Namespace) -> dict[str, float | int | bool | None]:
    """What the flags of `add` were given, by name."""
    from slimhub import nets

    return {name: getattr(arguments, name) for name in nets.OPTIONS}
