"""Publishing an artifact to a hub that is a folder.

Layout, of a version `PUBLISHER/NAME/VERSION`: the archive `….tar.gz` and its digest
`….tar.gz.sha256`, the unpacked copy `…/`, the page `….md` and, rendered, `….html`; beside them
an `index.html` in every folder, and `index.json`, which says what is published.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path
from typing import Any

from slimhub.common import files
from slimhub.common.errors import PublishError, RequestError, option
from slimhub.common.files import FileDigest
from slimhub.export.record import PATH, SIGNATURE, Record
from slimhub.publish import addresses, bundle, signing
from slimhub.publish.handle import Handle
from slimhub.publish.hub import index, journal, static_files
from slimhub.publish.hub.index import Index, Version
from slimhub.publish.pages import page, page_parts

_LOCK_SECONDS = 600.0


@dataclasses.dataclass(frozen=True)
class HubOutcome:
    """What publishing did, or would do.

    Attributes:
      handle: of the version.
      change: `new`, `repaired` (what was there was damaged), `page` (the archive was there, pages
        are replaced) or `none`.
      archive: its digest.
      load_url: what `hub.KerasLayer` takes, if the hub is served at its `url`.
      files: of the hub, that are written, relative paths in order; folders end in `/`.
    """

    handle: Handle
    change: str
    archive: FileDigest
    load_url: str
    files: list[str]


@dataclasses.dataclass(frozen=True)
class HubItem:
    """What is to be published.

    Attributes:
      artifact: folder of a SavedModel with a record.
      record: of it.
      handle: of the version.
      url: address of the hub, if it is to be that from now on.
      page_options: further arguments of `page.render`.
    """

    artifact: Path
    record: Record
    handle: Handle
    url: str | None
    page_options: dict[str, Any]


def choose(
    artifact: str | os.PathLike[str],
    handle: str | None,
    url: str | None,
    **page_options: Any,
) -> HubItem:
    """Looks at what is to be published.

    Args:
      artifact: folder of a SavedModel with a record.
      handle: `PUBLISHER/NAME/VERSION`; `local/NETWORK/TASK/1` where none is given.
      url: address that the hub will be served at, http or https; None leaves it as it is.
      page_options: further arguments of `page.render`.

    Raises:
      RequestError: for a handle or address that cannot be.
      PublishError: where the artifact is not what its record says.
    """
    folder = Path(artifact)
    bundle.files_of(folder)
    record = Record.read(folder)
    addresses.check(url)
    page.check_ids(page_options.get("license"), page_options.get("dataset"))
    record.check(folder)
    named = Handle.for_record(record, handle)
    page.check_task(named, record.task)
    return HubItem(folder, record, named, url and url.rstrip("/"), page_options)


def publish(item: HubItem, hub: Path) -> HubOutcome:
    """Publishes; a reader of the hub sees it as it was or as it will be.

    Args:
      item: of `choose`.
      hub: folder; made where it does not exist.

    Raises:
      PublishError: where the version is there with another content, or cannot be written.
    """
    import filelock

    check_hub(hub, item.artifact)
    try:
        (hub / journal.FOLDER).mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(hub / journal.FOLDER / "lock", timeout=_LOCK_SECONDS):
            journal.recover(hub)
            with journal.staged(hub) as stage:
                return _stage(item, hub, stage)
    except filelock.Timeout as error:
        raise PublishError(
            f"another slimhub has been publishing to {hub} for {_LOCK_SECONDS:.0f} seconds: wait "
            "for it, or end it, and publish again"
        ) from error
    except OSError as error:
        raise PublishError(f"cannot write to {hub}: {error.strerror or error}") from error


def preview(item: HubItem, hub: Path, scratch: Path) -> HubOutcome:
    """What `publish` would do; writes nothing to the hub.

    Args:
      item: of `choose`.
      hub: folder, which need not exist.
      scratch: folder to work in.

    Raises:
      PublishError: as `publish`.
    """
    check_hub(hub, item.artifact)
    stage = journal.Stage(scratch)
    return _stage(item, hub, stage)


def check_hub(hub: Path, artifact: Path) -> None:
    """Refuses a hub that cannot be one.

    Args:
      hub: folder, which need not exist.
      artifact: what is to be published to it.

    Raises:
      RequestError: says why.
      PublishError: for an index that is none.
    """
    if os.path.lexists(hub) and not hub.is_dir():
        raise RequestError(f"{hub} is no folder: name another hub")
    if (hub / "saved_model.pb").exists():
        raise RequestError(f"{hub} is a SavedModel, no hub: name another folder")
    inside = hub.resolve().is_relative_to(artifact.resolve())
    if inside or artifact.resolve().is_relative_to((hub / journal.FOLDER).resolve()):
        raise RequestError(f"the hub {hub} and the artifact {artifact} must be apart")
    is_empty = not hub.is_dir() or not any(p.name != journal.FOLDER for p in hub.iterdir())
    if not is_empty and index.read(hub) is None and not (hub / journal.FOLDER).is_dir():
        raise RequestError(f"{hub} holds other things and is no hub: name another folder")


def _stage(item: HubItem, hub: Path, stage: journal.Stage) -> HubOutcome:
    """Writes all that changes to the stage, in the order in which it is to appear."""
    signing.check_digests(item.artifact)
    known = index.read(hub) or Index()
    url = known.url if item.url is None else item.url
    handle, old = item.handle, known.get(item.handle)
    archive = bundle.write(item.artifact, stage.path / "archive")
    told = archive.digest
    markdown = _markdown(item, url, old)
    after = dataclasses.replace(known, url=url)
    after = after.with_version(handle, _version(item, markdown, told))
    load_url = f"{url}/{handle}{'' if url == index.LOCAL_URL else bundle.SUFFIX}"
    written: list[str] = []
    if old is None:
        _check_free(hub, handle)
        archive.path.rename(stage.place(f"{handle}{bundle.SUFFIX}"))
        stage.write(
            f"{handle}{bundle.DIGEST_SUFFIX}",
            bundle.digest_line(archive.sha256, f"{handle.version}{bundle.SUFFIX}"),
        )
        _copy(item.artifact, stage.place(str(handle)))
        written += [f"{handle}{bundle.SUFFIX}", f"{handle}{bundle.DIGEST_SUFFIX}", f"{handle}/"]
    elif old.archive != told:
        only = "; only its signature differs" if _is_signed_otherwise(item, old) else ""
        following = f"{handle.model}/{max(known.models[handle.model]) + 1}"
        raise PublishError(
            f"{handle} is published with other content (sha256 {old.archive.sha256[:12]}…, not "
            f"{archive.sha256[:12]}…{only}), and a version never changes: publish it as "
            f"{option('handle', following)}"
        )
    else:
        written += _restore(item, archive, hub, stage)
    texts = static_files.texts(known.url, after, handle, markdown, hub)
    if old is not None:
        texts = {target: text for target, text in texts.items() if not _holds(hub / target, text)}
    for target, text in texts.items():
        stage.write(target, text)
    change = "new" if old is None else "repaired" if written else "page" if texts else "none"
    return HubOutcome(handle, change, told, load_url, written + list(texts))


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode("utf-8")
    except OSError:
        return False


def _restore(item: HubItem, archive: bundle.Archive, hub: Path, stage: journal.Stage) -> list[str]:
    """Stages what of a published version is gone or damaged; gives the paths in the hub."""
    restored = []
    packed, name = hub / f"{item.handle}{bundle.SUFFIX}", f"{item.handle.version}{bundle.SUFFIX}"
    if not _is_file(packed, archive.digest):
        archive.path.rename(stage.place(f"{item.handle}{bundle.SUFFIX}"))
        restored.append(f"{item.handle}{bundle.SUFFIX}")
    line = bundle.digest_line(archive.sha256, name)
    if not _holds(hub / f"{item.handle}{bundle.DIGEST_SUFFIX}", line):
        stage.write(f"{item.handle}{bundle.DIGEST_SUFFIX}", line)
        restored.append(f"{item.handle}{bundle.DIGEST_SUFFIX}")
    for file in bundle.files_of(item.artifact):
        copy = f"{item.handle}/{file}"
        if not _is_file(hub / copy, files.digest_file(item.artifact / file)):
            _copy_file(item.artifact / file, stage.place(copy))
            restored.append(copy)
    return restored


def _is_file(path: Path, expected: FileDigest) -> bool:
    """Whether a file is there as expected; its size, which is quick to see, is looked at first."""
    try:
        return path.stat().st_size == expected.bytes and files.digest_file(path) == expected
    except OSError:
        return False


def _check_free(hub: Path, handle: Handle) -> None:
    for ending in ("", bundle.SUFFIX, bundle.DIGEST_SUFFIX, ".md", ".html"):
        path = hub / f"{handle}{ending}"
        if os.path.lexists(path):
            raise PublishError(f"{path} is there, but not in the index of the hub: move it away")
    for parent in (hub / str(handle)).parents:
        if os.path.lexists(parent) and not parent.is_dir():
            raise PublishError(f"{parent} is no folder, so nothing can be published in it")


def _markdown(item: HubItem, url: str, old: Version | None) -> str:
    """The page; of a hub whose address is not known it names none as where the archive is.

    Licence and data that the page of this version has stay, unless others are given.
    """
    told = old.metadata if old else {}
    archive = f"{url}/{item.handle}{bundle.SUFFIX}"
    asset_path = "legacy" if url == index.LOCAL_URL else archive
    options = {"asset_path": asset_path, "load_url": archive}
    options |= {key: told[key][0] for key in ("license",) if key in told} | item.page_options
    text = page.render(item.record, item.handle, **options)
    if "dataset" in told and "dataset" not in page_parts.split(text).metadata:
        text = page.render(item.record, item.handle, **options, dataset=told["dataset"][0])
    return text


def _version(item: HubItem, markdown: str, archive: FileDigest) -> Version:
    head = page_parts.split(markdown)
    return Version(
        item.handle.version,
        head.description,
        head.metadata,
        item.record.network.name,
        item.record.task,
        archive,
        _files(item),
    )


def _files(item: HubItem) -> dict[str, FileDigest]:
    """All files of an artifact, with the record and the signature, as the index tells them."""
    found = dict(item.record.files)
    for name in (PATH, SIGNATURE):
        if (item.artifact / name).is_file():
            found[name] = files.digest_file(item.artifact / name)
    return dict(sorted(found.items()))


def _is_signed_otherwise(item: HubItem, old: Version) -> bool:
    """Whether a published version has the same files, but for the signature."""
    signature = {SIGNATURE: None}
    return _files(item) | signature == old.files | signature


def _copy(artifact: Path, target: Path) -> None:
    target.mkdir()
    for name in bundle.files_of(artifact):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(artifact / name, path)


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as file, target.open("wb") as copy:
        shutil.copyfileobj(file, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())


def describe(outcome: HubOutcome) -> str:
    """An outcome as JSON."""
    return json.dumps(dataclasses.asdict(outcome) | {"handle": str(outcome.handle)}, indent=2)
