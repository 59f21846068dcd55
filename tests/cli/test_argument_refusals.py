"""Refused command lines: in our words, with what may have been meant."""

import json

import pytest

from slimhub.cli import argument_refusals, commands

EXPORT = ["export", "NAME", "--checkpoint=x", "--output=y"]
REFUSED = [
    (["completion", "csh"], "unknown SHELL 'csh': did you mean zsh? It can be bash, zsh or fish"),
    (
        [*EXPORT, "--task=features"],
        "unknown --task 'features': did you mean feature_vector? It can be feature_vector or "
        "classification",
    ),
    ([*EXPORT, "--proof=x"], "unknown --proof 'x': it can be full, quick or none"),
    (["verify"], "missing ARTIFACT"),
    (["publish", "a"], "missing TARGET"),
    (["bundle", "--output"], "--output needs a value"),
    (["page", "--overwrite=yes"], "--overwrite takes no value: leave 'yes' out"),
    (["zoo", "m", "--jobs=1", "--scheduler=x"], "--scheduler and --jobs exclude each other"),
    (["serve", "hub", "--port=http"], "--port must be a whole number, not 'http'"),
    ([*EXPORT, "--depth_multiplier=a"], "--depth_multiplier must be a number, not 'a'"),
    (["serve", "hub", "other"], "slimhub serve: unexpected 'other'"),
    (["-V"], "slimhub: unknown flag -V: did you mean --version?"),
    (["-v", "list"], "slimhub: unknown flag -v: did you mean --version?"),
    (["--pdb", "list"], "slimhub: unknown flag --pdb"),
    (["--only_check_args", "list"], "slimhub: unknown flag --only_check_args"),
    (["list", "-f"], "slimhub list: unknown flag -f: did you mean --format?"),
    (["list", "-format=json"], "slimhub list: unknown flag -format: did you mean --format?"),
    (["list", "a", "b"], "slimhub list: unexpected 'b'"),
    (["--format=text", "list"], "--format goes after the command: slimhub list --format=text"),
    (["--format", "text", "list"], "goes after the command: slimhub list --format text"),
    (["--debug", "list"], "slimhub: --debug goes after the command: slimhub list --debug"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED, ids=lambda value: str(value)[:50])
def test_refusals_are_in_our_words(capsys, words, message):
    with pytest.raises(SystemExit) as ended:
        commands.parser().parse_args([*words])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert message in said.splitlines()[0]
    assert "argument" not in said


@pytest.mark.parametrize("words", [["-0.5"], ["-3"], ["-"], ["--", "-x"], ["-a text"], ["-j4"]])
def test_words_that_are_no_flags_are_not_refused(words):
    parser = argument_refusals.RefusingParser(prog="program")
    parser.add_argument("-j", "--jobs")
    parser.add_argument("value", nargs="?")
    assert any(vars(parser.parse_args(words)).values())


def test_scripts_refuse_in_the_same_words(capsys):
    parser = argument_refusals.RefusingParser(prog="program")
    parser.add_argument("--output", required=True)
    parser.add_argument("--format", choices=("text", "json"))
    for words, said in (([], "missing --output"), (["--outptu=x"], "did you mean --output?")):
        with pytest.raises(SystemExit):
            parser.parse_args(words)
        assert capsys.readouterr().err.startswith("program: ")
        with pytest.raises(SystemExit):
            parser.parse_args([*words, "--format=json"])
        assert said in json.loads(capsys.readouterr().out)["error"]
