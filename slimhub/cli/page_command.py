"""`slimhub page`: the documentation page of an artifact, and a check of any page."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from slimhub.cli import text_flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument(
        "artifact", nargs="?", metavar="ARTIFACT", help="folder that `slimhub export` wrote"
    )
    parser.add_argument("--handle", help="name of the model on the hub: PUBLISHER/NAME/VERSION")
    parser.add_argument(
        "--asset_path",
        metavar="URL",
        default="legacy",
        help="URL of its archive, which ends in .tar.gz (default: none)",
    )
    parser.add_argument(
        "--load_url",
        metavar="URL",
        help="what the examples load (default: the asset path, or a placeholder)",
    )
    parser.add_argument(
        "--license", metavar="ID", help="license, by the hub's id, such as apache-2.0"
    )
    parser.add_argument(
        "--dataset",
        metavar="ID",
        help="data that the weights were trained on, by the hub's id (default: that of public "
        "checkpoints)",
    )
    text_flags.add_arguments(parser)
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="file to write (default: standard output)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the file at the output")
    other = parser.add_argument_group("pages of publishers and collections")
    other.add_argument("--publisher", metavar="NAME", help="write the page of this publisher")
    other.add_argument(
        "--collection", metavar="PUBLISHER/NAME", help="write the page of this collection"
    )
    other.add_argument("--title", metavar="TEXT", help="heading above a collection's models")
    other.add_argument(
        "--models",
        nargs="+",
        metavar="HANDLE",
        help="models of a collection: PUBLISHER/NAME/VERSION",
    )
    parser.add_argument(
        "--check",
        nargs="+",
        metavar="FILE",
        help="check pages by the hub's grammar; exit code 1 if there are complaints",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="how to print the findings of --check",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Renders a page, or checks pages; exit code 1 where one breaks the grammar."""
    from slimhub.common.errors import RequestError

    if arguments.check is not None:
        if arguments.artifact is not None or arguments.handle is not None:
            raise RequestError("--check takes pages alone: leave ARTIFACT and --handle out")
        return _check(arguments)
    if arguments.publisher is not None or arguments.collection is not None:
        return _write_other(arguments)
    if arguments.artifact is None:
        raise RequestError(
            "name an ARTIFACT and its --handle, a --publisher or --collection, or pages to --check"
        )
    if arguments.handle is None:
        raise RequestError("pass the model's --handle, such as acme/flowers/feature_vector/1")
    if arguments.format != "text":
        raise RequestError("--format goes with --check; a page is Markdown")
    return _render(arguments)


def _check(arguments: argparse.Namespace) -> int:
    from slimhub.publish.pages.checker import linter

    found = {file: linter.check_file(file) for file in arguments.check}
    if arguments.format == "json":
        rows = [
            {"file": file, "complaints": [dataclasses.asdict(one) for one in complaints]}
            for file, complaints in found.items()
        ]
        print(json.dumps(rows, indent=2))
    else:
        for file, complaints in found.items():
            for complaint in complaints:
                print(f"{file}:{complaint.line}: {complaint.message}")
            if not complaints:
                print(f"{file}: no complaints")
    return 1 if any(found.values()) else 0


def _render(arguments: argparse.Namespace) -> int:
    from slimhub.export.record import Record
    from slimhub.publish import Handle
    from slimhub.publish.pages import class_names, measured_figures, page, page_file

    handle = Handle.parse(arguments.handle)
    if arguments.output is not None:
        page_file.check_target(arguments.output, arguments.artifact, overwrite=arguments.overwrite)
    record = Record.read(arguments.artifact)
    text = page.render(
        record,
        handle,
        asset_path=arguments.asset_path,
        load_url=arguments.load_url,
        license=arguments.license,
        dataset=arguments.dataset,
        texts=text_flags.texts(arguments),
        class_names=class_names.read(arguments.artifact, record),
        measured=measured_figures.of_records(measured_figures.records(Path(arguments.artifact))),
    )
    return _give(arguments, text, str(handle))


def _write_other(arguments: argparse.Namespace) -> int:
    """The page of a publisher or of a collection."""
    from slimhub.common.errors import RequestError
    from slimhub.publish import Handle
    from slimhub.publish.pages import other_pages, page_file

    if arguments.artifact is not None or None not in (arguments.publisher, arguments.collection):
        raise RequestError("name one of ARTIFACT, --publisher and --collection")
    description = arguments.description or ""
    if arguments.publisher is not None:
        name = arguments.publisher
        text = other_pages.publisher_page(name, description)
    else:
        name = arguments.collection
        models = [Handle.parse(model) for model in arguments.models or ()]
        text = other_pages.collection_page(name, arguments.title or "Models", description, models)
    if arguments.output is not None:
        page_file.check_target(arguments.output, None, overwrite=arguments.overwrite)
    return _give(arguments, text, name)


def _give(arguments: argparse.Namespace, text: str, name: str) -> int:
    """Writes a page where it was asked for."""
    from slimhub.publish.pages import page_file

    if arguments.output is None:
        print(text, end="")
    else:
        page_file.write(arguments.output, text)
        print(f"{arguments.output}: the page of {name}")
    return 0
