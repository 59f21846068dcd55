"""The targets of fuzzing raise nothing but slimhub's own errors, for a fixed set of inputs."""

import random
import subprocess
import sys

import pytest

from scripts import fuzz_targets
from tests.fixtures.support import REPOSITORY

BEYOND = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"[" * 100_000,
    b"{" * 5000,
    b"1" * 5000,
    b'{"format": ' + b"1" * 5000 + b"}",
    b"a = " + b"[" * 5000,
    b"a = " + b"1" * 5000,
    b"a/b/" + b"9" * 5000,
    b"-" + b"9" * 5000,
    b"9" * 5000 + b":a\n",
    b'"\\ud800"',
    b"# Module \n" * 50,
    b"node {" * 2000,
]
PIECES = [b"\0", b"\xff" * 9, b"[", b"{", b'"', b":", b"\n", b"1" * 40, b"null", b"-1", b"..", b"/"]


def changed(seed: bytes, count: int) -> list[bytes]:
    """Inputs that differ from a seed in a few places, the same each time."""
    chance = random.Random(3)
    found = []
    for _ in range(count):
        data = bytearray(seed)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) + 1)
            kind = chance.randrange(3)
            if kind == 0:
                data[at : at + chance.randint(1, 9)] = b""
            elif kind == 1:
                data[at:at] = chance.choice(PIECES)
            else:
                data[at : at + 1] = bytes([chance.randrange(256)])
        found.append(bytes(data))
    return found


@pytest.mark.parametrize("name", fuzz_targets.TARGETS)
def test_nothing_else_is_raised(name):
    seed = fuzz_targets.TARGETS[name][1]
    for data in [*BEYOND, seed, *changed(seed, 150)]:
        fuzz_targets.feed(name, data)


def test_without_atheris_it_says_so():
    program = "import sys; sys.modules['atheris'] = None; from scripts import fuzz; fuzz.main()"
    program = (
        "import importlib.util, sys\n"
        "importlib.util.find_spec = lambda name: None\n"
        "from scripts import fuzz\n"
        "sys.exit(fuzz.main())"
    )
    command = [sys.executable, "-c", program]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert finished.stderr == "fuzzing needs atheris: pip install 'slimhub[fuzz]'\n"
