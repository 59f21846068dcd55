"""How a command line is refused: first what is wrong, and what may have been meant."""

from __future__ import annotations

import argparse
import difflib
import itertools
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from slimhub.common.text import either

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "parse_size": "a whole number or HEIGHTxWIDTH",
}
# What argparse says, and what we say instead; its other sentences stay.
_SENTENCES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (
        r"the following arguments are required: (?P<names>.*)",
        lambda found: f"missing {_joined(found['names'].split(', '))}",
    ),
    (r"one of the arguments (?P<names>.*) is required", lambda found: f"missing {found['names']}"),
    (
        r"argument (?P<name>\S+): expected (?:one|at least one) argument",
        lambda found: f"{_short(found['name'])} needs a value",
    ),
    (
        r"argument (?P<name>\S+): not allowed with argument (?P<other>\S+)",
        lambda found: (
            f"{_short(found['name'])} and {_short(found['other'])} exclude each other: leave one "
            "out"
        ),
    ),
    (
        r"argument (?P<name>\S+): ignored explicit argument (?P<value>.*)",
        lambda found: f"{_short(found['name'])} takes no value: leave {found['value']} out",
    ),
    (
        r"argument (?P<name>\S+): invalid (?P<kind>int|float|parse_size) value: (?P<value>.*)",
        lambda found: (
            f"{_short(found['name'])} must be {_KINDS[found['kind']]}, not {found['value']}"
        ),
    ),
    (
        r"unrecognized arguments: (?P<words>.*)",
        lambda found: f"unexpected {found['words']!r}: leave it out, or check the flag before it",
    ),
)


class RefusingParser(argparse.ArgumentParser):
    """A parser that says first what is wrong, and what may have been meant."""

    def __init__(self, **options: Any) -> None:
        """Makes the parser.

        Args:
          options: as `argparse.ArgumentParser` takes them.
        """
        super().__init__(allow_abbrev=False, **options)
        self._words: list[str] = []

    @property
    def flags(self) -> set[str]:
        """All spellings of the parser's flags."""
        return {flag for action in self._actions for flag in action.option_strings}

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parses, but for flags that there are not: without them others would be missed first."""
        self._words = sys.argv[1:] if args is None else list(args)
        self.refuse_unknown_flags(self._words)
        return super().parse_known_args(self._words, namespace)

    def error(self, message: str) -> NoReturn:
        """Ends with the message on its first line; also as JSON, if that was asked for."""
        said = in_our_words(message)
        pairs = itertools.pairwise(self._words)
        if "--format=json" in self._words or ("--format", "json") in pairs:
            print(json.dumps({"error": said, "exit_code": 2}, indent=2))
        self.exit(2, f"{self.prog}: {said}\nRun `{self.prog} --help` for usage.\n")

    def refuse_unknown_flags(self, words: Sequence[str]) -> None:
        """Refuses the first flag that the parser does not have, and suggests one.

        Args:
          words: of the command line.
        """
        known = self.flags
        given = itertools.takewhile(lambda word: word != "--", words)
        for word in given:
            flag = word.partition("=")[0]
            if _is_flag(flag) and not known & {flag, flag[:2]}:
                self.error(f"unknown flag {flag}{_suggestion(flag, known)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuses a value that is none of the choices, and suggests one."""
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        near = difflib.get_close_matches(str(value), choices, n=1)
        hint = f"did you mean {near[0]}? It can be" if near else "it can be"
        self.error(f"unknown {_name(action)} {value!r}: {hint} {either(choices)}")


def in_our_words(message: str) -> str:
    """A sentence of argparse in the tone of our own; others are returned unchanged.

    Args:
      message: what argparse says about a command line.
    """
    for pattern, spell in _SENTENCES:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            return spell(found)
    return message


def _is_flag(word: str) -> bool:
    """Whether argparse takes a word for a flag: not for a number, and not for a text."""
    is_number = re.fullmatch(r"-\d+|-\d*\.\d+", word)
    return len(word) > 1 and word.startswith("-") and " " not in word and not is_number


def _suggestion(flag: str, known: Iterable[str]) -> str:
    """The known flag that was probably meant, as the end of a sentence; empty if none is near."""
    letters = flag.strip("-").lower()
    if len(letters) == 1:
        near = [name for name in sorted(known) if name.startswith(f"--{letters}")]
        return f": did you mean {near[0]}?" if len(near) == 1 else ""
    spelled = _by_spelling(known)
    near = difflib.get_close_matches(f"--{letters.replace('-', '_')}", spelled, n=1)
    return f": did you mean {spelled[near[0]]}?" if near else ""


def _by_spelling(flags: Iterable[str]) -> dict[str, str]:
    """Flags by how they would be written with underscores alone."""
    return {flag.replace("-", "_"): flag for flag in flags if flag.startswith("--")}


def _name(action: argparse.Action) -> str:
    """What the help calls an argument."""
    if action.option_strings:
        return action.option_strings[-1]
    return action.metavar if isinstance(action.metavar, str) else action.dest


def _short(name: str) -> str:
    """The long one of a flag's names, which argparse joins as `-j/--jobs`."""
    return name.rpartition("/")[2] if name.startswith("-") else name


def _joined(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
