"""Signatures of artifacts: one file that names the digests of all others, signed with an EC key.

They are made and checked by the package model-signing, without the network, and are random: the
same files signed again give another signature.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.common import extras, files
from slimhub.common.errors import PublishError, RequestError, option
from slimhub.export import record
from slimhub.export.verify import Check
from slimhub.publish import bundle

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

_AREA, _NAME = "files", "signature"
_NONE = f"{record.SIGNATURE} is no signature of a model with a key"
_SUBJECT = "saved_model"  # what a signature calls the folder; its own name is the user's concern


def check_key(key: str) -> None:
    """Refuses a key that cannot sign.

    Args:
      key: file of a private key.

    Raises:
      RequestError: says what is wrong with it, or which packages are missing.
    """
    extras.need("model_signing", "OpenSSL", extra="sign")
    _public_key(key, is_private=True)


def check(folder: str | Path, public_key: str | None) -> Check | None:
    """Checks the signature of an artifact.

    Args:
      folder: of the artifact.
      public_key: file with the key of whoever should have signed it, as PEM; None for none.

    Returns:
      The check; None where there is neither a signature nor a key.

    Raises:
      RequestError: for a file that is no public key, and where packages are missing.
    """
    is_there = (Path(folder) / record.SIGNATURE).is_file()
    if public_key is None:
        reason = f"{record.SIGNATURE} is there: check it with {option('public_key')}"
        return Check(_AREA, _NAME, "not run", reason) if is_there else None
    extras.need("model_signing", "OpenSSL", extra="sign")
    key = _public_key(public_key, is_private=False)
    if not is_there:
        return Check(_AREA, _NAME, "failed", f"it is not signed: there is no {record.SIGNATURE}")
    complaint = _complaint(Path(folder), key)
    return Check(_AREA, _NAME, "failed" if complaint else "passed", complaint or "of all files")


def check_digests(folder: Path) -> None:
    """Refuses a signature, where there is one, that cannot hold with any key; needs no packages.

    Args:
      folder: of the artifact.

    Raises:
      PublishError: says why not.
    """
    path = folder / record.SIGNATURE
    if not path.is_file():
        return
    read = _read(path)
    complaint = _NONE if read is None else _changed(folder, read[1])
    if complaint:
        raise PublishError(
            f"the signature in {folder} does not hold: {complaint}; remove {record.SIGNATURE}, or "
            f"sign anew with {option('sign')}"
        )


@contextlib.contextmanager
def signed(artifact: Path, key: str, kept: bytes | None) -> Iterator[Path]:
    """A signed copy of an artifact, which is not changed itself; removed when the block ends.

    Args:
      artifact: its folder.
      key: file of a private key that was checked.
      kept: a signature made before; taken if it holds, and was made with this key.
    """
    with tempfile.TemporaryDirectory(prefix="slimhub-") as stage:
        folder = Path(stage) / _SUBJECT
        for file in bundle.files_of(artifact):
            if file != record.SIGNATURE:
                _link(artifact / file, folder / file)
        path = folder / record.SIGNATURE
        path.parent.mkdir(exist_ok=True)
        if kept is not None:
            path.write_bytes(kept)
        if kept is None or _complaint(folder, _public_key(key, is_private=True)):
            path.unlink(missing_ok=True)
            _sign(folder, key)
        yield folder


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _sign(folder: Path, key: str) -> None:
    from model_signing import signing

    config = signing.Config().use_elliptic_key_signer(private_key=key)
    config.set_hashing_config(_all_but_signature()).sign(folder, folder / record.SIGNATURE)


def _all_but_signature() -> Any:
    from model_signing import hashing

    return hashing.Config().set_ignored_paths(paths=[record.SIGNATURE], ignore_git_paths=False)


def _complaint(folder: Path, key: ec.EllipticCurvePublicKey) -> str:
    """What is wrong with the signature of a folder; empty where nothing is."""
    from model_signing import verifying

    path = folder / record.SIGNATURE
    pem = _pem(key)
    read = _read(path)
    if read is None:
        return _NONE
    hint, told = read
    if hint != hashlib.sha256(pem).hexdigest():
        return "it was made with another key"
    if changed := _changed(folder, told):
        return changed
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem)
        file.flush()
        config = verifying.Config().use_elliptic_key_verifier(public_key=file.name)
        try:
            config.set_hashing_config(_all_but_signature()).verify(folder, path)
        except Exception as error:  # it is anybody's file
            return f"it does not hold: {type(error).__name__}"
    return ""


def _read(path: Path) -> tuple[str, dict[str, str]] | None:
    """Hint of the key and digests by file, of a signature; None where it is no such file."""
    try:
        bundled = json.loads(path.read_text("utf-8"))
        hint = bundled["verificationMaterial"]["publicKey"]["hint"]
        statement = json.loads(base64.b64decode(bundled["dsseEnvelope"]["payload"]))
        return hint, {
            str(row["name"]): row["digest"] for row in statement["predicate"]["resources"]
        }
    except (ValueError, KeyError, TypeError):
        return None


def _changed(folder: Path, told: dict[str, str]) -> str:
    """Which files are not those that a signature tells of; empty where all are."""
    found = files.digest_folder(folder, without=[record.SIGNATURE])
    changed = files.differing(told, {name: file.sha256 for name, file in found.items()})
    return f"{', '.join(changed[:3])} changed, came or went after it was made" if changed else ""


def _public_key(file: str, *, is_private: bool) -> ec.EllipticCurvePublicKey:
    """The public key in a file, or the one of the private key in it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    kind = "private" if is_private else "public"
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise RequestError(f"cannot read the {kind} key {file}: {error.strerror}") from error
    try:
        if is_private:
            key = serialization.load_pem_private_key(content, None).public_key()
        else:
            key = serialization.load_pem_public_key(content)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RequestError(
            f"{file} is no {kind} key as PEM{', without a password' if is_private else ''}"
        ) from error
    curves = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, curves):
        raise RequestError(f"{file} is no key of the curves P-256, P-384 and P-521")
    return key


def _pem(key: ec.EllipticCurvePublicKey) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
