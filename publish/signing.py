"""Signatures of artifacts: one file with the digests of all others, signed with an EC key.

The package model-signing makes and checks them, without network access. They are random: signing
the same files again gives another signature.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.common import extras, files, foreign_files
from slimhub.common.errors import PublishError, RequestError, option
from slimhub.common.scratch import ScratchFolder
from slimhub.export import record
from slimhub.export.verify import Check
from slimhub.publish import bundle

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

_AREA, _NAME = "files", "signature"
_NONE = f"{record.SIGNATURE} is not a signature of a model with a key"
_SUBJECT = "saved_model"  # how a signature refers to the folder, whose own name is up to the user


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
      public_key: PEM file with the key of the expected signer; None if there is none.

    Returns:
      The check; None if there is neither a signature nor a key.

    Raises:
      RequestError: if the file is not a public key, or packages are missing.
    """
    is_there = (Path(folder) / record.SIGNATURE).is_file()
    if public_key is None:
        reason = f"{record.SIGNATURE} exists: check it with {option('public_key')}"
        return Check(_AREA, _NAME, "not run", reason) if is_there else None
    extras.need("model_signing", "OpenSSL", extra="sign")
    key = _public_key(public_key, is_private=False)
    if not is_there:
        return Check(_AREA, _NAME, "failed", f"it is not signed: it has no {record.SIGNATURE}")
    complaint = _complaint(Path(folder), key)
    return Check(_AREA, _NAME, "failed" if complaint else "passed", complaint or "of all files")


def check_digests(folder: Path) -> None:
    """Refuses a signature that cannot be valid with any key; does not need any packages.

    Args:
      folder: of the artifact.

    Raises:
      PublishError: says why.
    """
    path = folder / record.SIGNATURE
    if not path.is_file():
        return
    read = _read(path)
    complaint = _NONE if read is None else _changed(folder, read[1])
    if complaint:
        raise PublishError(
            f"the signature in {folder} is not valid: {complaint}; remove {record.SIGNATURE}, "
            f"or sign again with {option('sign')}"
        )


@contextlib.contextmanager
def signed(artifact: Path, key: str, kept: bytes | None) -> Iterator[Path]:
    """Yields a signed copy of an artifact; the copy is removed when the block ends.

    Args:
      artifact: its folder.
      key: file of a private key that was checked.
      kept: an earlier signature; used if it is valid, and was made with this key.
    """
    with ScratchFolder() as stage:
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
    """What is wrong with the signature in a folder; empty if nothing is."""
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
        except Exception as error:  # an untrusted file
            return f"it is not valid: {type(error).__name__}"
    return ""


def _read(path: Path) -> tuple[str, dict[str, str]] | None:
    """Hint of the key and digests by file in a signature; None if it is not a valid file."""
    try:
        bundled = foreign_files.parse_json(foreign_files.read(path))
        hint = bundled["verificationMaterial"]["publicKey"]["hint"]
        statement = foreign_files.parse_json(base64.b64decode(bundled["dsseEnvelope"]["payload"]))
        return hint, {
            str(row["name"]): row["digest"] for row in statement["predicate"]["resources"]
        }
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return None


def _changed(folder: Path, told: dict[str, str]) -> str:
    """Which files do not match a signature; empty if all do."""
    found = files.digest_folder(folder, without=[record.SIGNATURE])
    changed = files.differing(told, {name: file.sha256 for name, file in found.items()})
    return (
        f"{', '.join(changed[:3])} changed, appeared or disappeared after it was made"
        if changed
        else ""
    )


def _public_key(file: str, *, is_private: bool) -> ec.EllipticCurvePublicKey:
    """The public key in a file, or the one that belongs to the private key in it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    kind = "private" if is_private else "public"
    try:
        content = foreign_files.read(file)
    except OSError as error:
        raise RequestError(f"cannot read the {kind} key {file}: {error.strerror}") from error
    try:
        if is_private:
            key = serialization.load_pem_private_key(content, None).public_key()
        else:
            key = serialization.load_pem_public_key(content)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RequestError(
            f"{file} is not a {kind} key in PEM "
            f"format{', without a password' if is_private else ''}"
        ) from error
    curves = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, curves):
        raise RequestError(f"{file} is not a key on the curves P-256, P-384 or P-521")
    return key


def _pem(key: ec.EllipticCurvePublicKey) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
