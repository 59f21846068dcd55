"""`slimhub completion`, in the shells that every machine has."""

import shutil
import subprocess

import pytest

from slimhub.cli import completion_command
from tests.fixtures.commands import run_light

_ASK = """
source {script}
COMP_WORDS=({words})
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_slimhub slimhub
echo "${{COMPREPLY[*]}}"
"""


@pytest.fixture(scope="module")
def bash(tmp_path_factory):
    script = tmp_path_factory.mktemp("completion") / "slimhub"
    finished = run_light("completion", "bash")
    assert finished.returncode == 0, finished.stderr
    script.write_text(finished.stdout)

    def ask(words):
        asked = _ASK.format(script=script, words=words)
        finished = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
        return finished.stdout.split()

    return ask


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("slimhub exp", ["export"]),
        ("slimhub describe vgg", ["vgg_a", "vgg_16", "vgg_19"]),
        ("slimhub list pnas", ["pnasnet_mobile", "pnasnet_large"]),
        ("slimhub export NET --ta", ["--task"]),
        ("slimhub export NET --task cl", ["classification"]),
        ("slimhub export NET --task = cl", ["classification"]),  # how bash splits --task=cl
        ("slimhub export NET --task =", ["feature_vector", "classification"]),
        ("slimhub completion ''", ["bash", "zsh", "fish"]),
    ],
)
def test_bash_completes(bash, words, found):
    assert bash(words) == found


@pytest.mark.parametrize("shell", completion_command.SHELLS)
def test_every_shell_knows_commands_flags_and_names(shell):
    script = completion_command.script(shell)
    for word in ("export", "ignore_leftover", "mobilenet_v3_small_075_224", "classification"):
        assert word in script


@pytest.mark.parametrize("shell", completion_command.SHELLS)
def test_scripts_are_sound(shell):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script = completion_command.script(shell)
    subprocess.run([program, "-n"], input=script, text=True, check=True)


def test_zsh_completes_a_flag_with_its_value_in_one_word():
    assert '"--task=[' in completion_command.script("zsh")
    assert '"--overwrite[' in completion_command.script("zsh")
