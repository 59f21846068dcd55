"""`slimhub completion`: a script that completes commands, flags and names in a shell."""

from __future__ import annotations

import argparse
import re
from typing import Any

SHELLS = ("bash", "zsh", "fish")
_INSTALL = {
    "bash": "~/.local/share/bash-completion/completions/slimhub",
    "zsh": "a folder of $fpath, as the file _slimhub",
    "fish": "~/.config/fish/completions/slimhub.fish",
}
_NETWORKS = frozenset({"network", "name", "pattern"})  # arguments that name one
# What the shell completes an argument with, by the placeholder in its help.
_FOLDERS = frozenset({"FOLDER", "ARTIFACT", "HUB"})
_FILES = frozenset({"FILE", "CHECKPOINT", "MANIFEST", "KEY"})


# shtab completes `--flag value`; these two add `--flag=value`, which our documentation shows.
# Bash splits a word at its equals sign: the wrapper takes these signs out.
_BASH_WRAPPER = """
_slimhub() {
  local -a words=()
  local index current=0
  for index in "${!COMP_WORDS[@]}"; do
    if [[ ${COMP_WORDS[index]} != "=" ]]; then
      words+=("${COMP_WORDS[index]}")
    elif (( index == COMP_CWORD )); then
      words+=("")
    fi
    (( index == COMP_CWORD )) && current=$(( ${#words[@]} - 1 ))
  done
  local -a COMP_WORDS=("${words[@]}")
  local COMP_CWORD=$current
  _shtab_slimhub "$1" "${words[current]}" "${words[current - 1]}"
}
complete -o filenames -F _slimhub slimhub
"""
# A flag that takes a value, in the words of zsh's _arguments.
_ZSH_FLAG = re.compile(r'"(--\w+)\[((?:[^\]\\]|\\.)*)\]:')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    places = "; ".join(f"{shell}: {place}" for shell, place in _INSTALL.items())
    parser.add_argument(
        "shell", metavar="SHELL", choices=SHELLS, help=f"where to save the script: {places}"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Prints the script."""
    from slimhub.common import extras

    extras.need("shtab", extra="completion")
    print(script(arguments.shell))
    return 0


def script(shell: str) -> str:
    """The completion script of a shell.

    Args:
      shell: one of `SHELLS`.
    """
    import shtab

    from slimhub.cli import commands

    whole = commands.parser(is_complete=True)
    for command in whole.commands.values():
        for action in command.arguments:
            _add_values(action)
    text: str = shtab.complete(whole, shell)
    if shell == "bash":
        return text + _BASH_WRAPPER
    return _ZSH_FLAG.sub(r'"\1=[\2]:', text) if shell == "zsh" else text


def _add_values(action: argparse.Action) -> None:
    """Says what an argument can be completed with, beyond its choices."""
    import shtab

    from slimhub import nets

    completed: Any = action  # shtab reads an attribute that argparse does not have
    if action.dest in _NETWORKS and action.metavar in ("NAME", "PATTERN"):
        action.choices = nets.names()
    elif action.metavar in _FOLDERS:
        completed.complete = shtab.DIRECTORY
    elif action.metavar in _FILES:
        completed.complete = shtab.FILE
