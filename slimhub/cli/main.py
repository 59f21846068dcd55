"""Entry point: reads the command line, runs one command, turns errors into exit codes."""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
from pathlib import Path

from absl import app

from slimhub.cli import console
from slimhub.common import interrupts, scratch, unused_packages

DONE, FAILED, WRONG_COMMAND_LINE = 0, 1, 2
_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def run() -> None:
    """The console command `slimhub`; ends the process."""
    # Only TensorFlow's own errors: its start-up notices are not the user's concern.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    interrupts.heed(signal.SIGTERM)
    interrupts.heed(signal.SIGHUP)
    # Until a command works there is nothing to clean up, and half-made imports to complain of.
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # A command's graphs are half a million small objects, needed until it ends: looking for
    # garbage among them, and taking them apart in the end, would be a third of its time.
    gc.disable()
    unused_packages.leave_out()
    console.protect()
    scratch.own_temporary_files()
    try:
        app.run(_main, flags_parser=_parse)
    finally:
        gc.freeze()


def _parse(argv: list[str]) -> argparse.Namespace:
    from absl import flags

    from slimhub.cli import commands

    arguments = commands.parser().parse_args(argv[1:])
    flags.FLAGS.mark_as_parsed()  # all at their defaults: absl's own flags are not ours to offer
    return arguments


def _main(arguments: argparse.Namespace) -> int:
    from absl import logging

    from slimhub import nets
    from slimhub.common import disks, quiet_tensorflow
    from slimhub.common.errors import ExportError, RequestError, SlimhubError

    if not arguments.debug:
        logging.set_verbosity(logging.WARNING)  # TensorFlow logs through absl
    nets.before_import(quiet_tensorflow.tensorflow)  # without its notices
    interrupts.heed(signal.SIGINT)
    try:
        return _execute(arguments)
    except RequestError as error:
        return _report(error, WRONG_COMMAND_LINE, arguments)
    except SlimhubError as error:
        return _report(error, FAILED, arguments)
    except KeyboardInterrupt as interrupt:
        print(f"slimhub: interrupted; {str(interrupt) or 'nothing was written'}", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of the output went away, as in `slimhub list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:  # of a disk or a folder that nobody nearer knew how to name
        if error.strerror is None:
            raise
        said = error.strerror
        if isinstance(error.filename, (str, bytes)):  # not of a stream
            place = os.fsdecode(error.filename)
            said = f"{place}: {disks.explain(error, Path(place))}"
        return _report(ExportError(said), FAILED, arguments)


def _execute(arguments: argparse.Namespace) -> int:
    try:
        return arguments.execute(arguments) or DONE
    except Exception:
        interrupts.check()  # this may be what a library made of it
        raise


def _report(error: Exception, code: int, arguments: argparse.Namespace) -> int:
    from slimhub.cli import flag_text
    from slimhub.common.text import harmless

    if arguments.debug:
        raise error
    message = harmless(flag_text.in_flags(str(error), arguments))
    if getattr(arguments, "format", "text") == "json":
        print(json.dumps({"error": message, "exit_code": code}, indent=2))
    print(f"slimhub: {message}", file=sys.stderr)
    return code
