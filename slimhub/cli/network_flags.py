"""Flags that several commands share: the options of a network."""

from __future__ import annotations

import argparse
import dataclasses

from slimhub.nets import NetworkOptions


def add(parser: argparse.ArgumentParser) -> None:
    """Adds a flag for each of `NetworkOptions`."""
    group = parser.add_argument_group("network options")
    for field in dataclasses.fields(NetworkOptions):
        flag, facts = f"--{field.name}", field.metadata
        if facts["type"] is bool:
            group.add_argument(flag, action="store_true", help=facts["help"])
        else:
            group.add_argument(
                flag,
                type=facts["type"],
                metavar=facts["metavar"],
                choices=facts["values"] and list(facts["values"]),
                help=facts["help"],
            )


def chosen(arguments: argparse.Namespace) -> NetworkOptions:
    """What the flags of `add` were given."""
    return NetworkOptions(**{name: getattr(arguments, name) for name in NetworkOptions.names()})
