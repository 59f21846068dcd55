"""Writes docs/cli.md, the reference of the command line, from the parsers that `--help` uses.

    python -m scripts.write_cli_reference

Run it after a change to a command or a flag; a test fails while the file is stale. Takes a second.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from slimhub.cli import commands

OUTPUT = Path(__file__).parent.parent / "docs" / "cli.md"
_INTRODUCTION = """# Command line

<!-- Written by `python -m scripts.write_cli_reference`. Do not edit. -->

`slimhub COMMAND [flags]`; `python -m slimhub` is the same. `slimhub COMMAND --help` prints what
this page says about a command.

Results go to stdout, progress and messages to stderr.

| exit code | means |
| --- | --- |
| 0 | done |
| 1 | the work failed, or what was checked is wrong |
| 2 | the command line is wrong: a flag, a value, or a path that is missing or of another kind |
| 130 | interrupted with Ctrl-C |
"""
_LEFT_OUT = "--helpfull"  # absl's; the same as --help here


def reference() -> str:
    """The whole page, as Markdown."""
    whole = commands.parser()
    parts = [_INTRODUCTION, _table(["flag", "meaning"], _rows(_flags(whole)))]
    parts.append(
        _table(
            ["command", "does"],
            [
                [f"[`{name}`](#slimhub-{name})", _escape(command.summary)]
                for name, command in commands.COMMANDS.items()
            ],
        )
    )
    parts += [_section(name, command) for name, command in commands.COMMANDS.items()]
    return "\n".join(parts)


def _section(name: str, command: commands.Command) -> str:
    """One command: its summary, how it is called, its arguments and flags."""
    parser = commands.CommandParser(command=command, prog=f"slimhub {name}")
    parser.complete()
    parts = [f"## slimhub {name}\n", f"{command.summary}\n", f"```text\n{_usage(parser)}\n```\n"]
    for group in parser._action_groups:
        positional = [action for action in group._group_actions if not action.option_strings]
        if positional:
            parts.append(_table(["argument", "meaning"], _rows(positional)))
        flags = _flags(group)
        if flags:
            title = group.title or ""
            is_own = title not in ("options", "positional arguments")
            parts += [f"{title[:1].upper()}{title[1:]}:\n"] * is_own
            parts.append(_table(["flag", "meaning"], _rows(flags)))
    return "\n".join(parts)


def _flags(group: argparse._ActionsContainer) -> list[argparse.Action]:
    actions: list[argparse.Action] = getattr(group, "_group_actions", group._actions)
    return [
        a
        for a in actions
        if a.option_strings and a.help != argparse.SUPPRESS and a.option_strings[-1] != _LEFT_OUT
    ]


def _usage(parser: argparse.ArgumentParser) -> str:
    """Arguments and required flags, in one line."""
    positional = [a for a in parser._actions if not a.option_strings]
    required = [a for a in parser._actions if a.option_strings and a.required]
    words = [parser.prog]
    words += [f"[{_spelled(a)}]" if a.nargs == "?" else _spelled(a) for a in positional]
    return " ".join([*words, *map(_spelled, required), "[flags]"])


def _rows(actions: list[argparse.Action]) -> list[list[str]]:
    return [[f"`{_spelled(action)}`", _escape(_help(action))] for action in actions]


def _spelled(action: argparse.Action) -> str:
    """An argument or flag as a user writes it, with what stands for its value."""
    value = next(_values(action), "")
    if not action.option_strings:
        return value
    separator = " " if action.nargs in ("+", "*") else "="
    spelled = f"{action.option_strings[-1]}{separator}{value}" if value else ""
    return spelled or ", ".join(action.option_strings)


def _values(action: argparse.Action) -> Iterator[str]:
    """What stands for the value; nothing of a switch."""
    if action.nargs == 0:
        return
    metavar = action.metavar or (action.dest if not action.option_strings else action.dest.upper())
    many = " ..." if action.nargs in ("+", "*") else ""
    yield f"{metavar}{many}"


def _help(action: argparse.Action) -> str:
    """The help text with defaults filled in, and the values to choose from."""
    text = (action.help or "") % (vars(action) | {"prog": "slimhub"})
    choices = f"one of {', '.join(map(str, action.choices))}" if action.choices else ""
    needed = "required" if action.option_strings and action.required else ""
    if text.startswith("("):  # nothing but the default
        text, choices = f"{choices} {text}", ""
    return "; ".join(filter(None, (text, choices, needed)))


def _escape(text: str) -> str:
    """Text inside a cell of a table: no markup by accident."""
    for mark in "*<":
        text = text.replace(mark, f"\\{mark}")
    return text


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in r] for r in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.parse_args()
    OUTPUT.write_text(reference(), "utf-8")
    print(f"{OUTPUT.name} written")


if __name__ == "__main__":
    main()
