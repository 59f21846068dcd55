"""Identifies an export: two exports with the same identity produce the same artifact."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

from slimhub.export import record_json
from slimhub.export.record import Record
from slimhub.export.record_parts import RecordedIdentity, RecordedLabels, RecordedNetwork
from slimhub.nets import NetworkOptions


@dataclasses.dataclass(frozen=True, kw_only=True)
class Identity:
    """Everything that an artifact depends on.

    Attributes:
      release: of slimhub.
      task: one of `nets.TASKS`.
      network: with its options.
      labels: of the artifact, or None.
      checkpoint: digest of the source; None if unknown.
      checkpoint_name: which of several checkpoints was requested, or None.
      averages: which values were requested.
      proof: the mode of the proof.
      ignore_leftover: pattern of layers left out at the user's own risk, or None.
      scope: prefix of the network's names, without surrounding slashes, or None.
    """

    release: str
    task: str
    network: RecordedNetwork
    labels: RecordedLabels | None
    checkpoint: str | None
    checkpoint_name: str | None
    averages: str
    proof: str
    ignore_leftover: str | None = None
    scope: str | None = None

    def fields(self) -> dict[str, str]:
        """Digest of each field by name; the network's options separately.

        A field whose default is None is left out when it is None: exports that do not use it keep
        the identity they had before the field existed.
        """
        fields = {
            field.name: digest(value)
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) is not None
            or field.default is dataclasses.MISSING
        }
        return fields | {"options": _digest_options(self.network)}

    def to_record(self) -> RecordedIdentity:
        """The identity in the form of a record."""
        fields = self.fields()
        return RecordedIdentity(sha256=digest(fields), fields=fields)


def recorded_fields(record: Record) -> dict[str, str]:
    """Digests of the fields of a record's identity.

    What the record itself states is digested again, so that a modified record no longer matches its
    export.

    Args:
      record: one with an identity.
    """
    fields = (record.identity.fields if record.identity else {}) | {
        "release": digest(record.versions.slimhub),
        "task": digest(record.task),
        "network": digest(record.network),
        "options": _digest_options(record.network),
        "labels": digest(record.labels),
        "checkpoint": digest(record.source.sha256),
        "averages": digest(record.source.averages),
        "proof": digest(record.proof.mode),
    }
    for name in ("ignore_leftover", "scope"):
        fields.pop(name, None)
        if (value := getattr(record.source, name)) is not None:
            fields[name] = digest(value)
    return fields


def digest(value: Any) -> str:
    """Hex sha256 of a value as canonical JSON: keys sorted, no spaces, ASCII."""
    text = json.dumps(record_json.encode(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_options(network: RecordedNetwork) -> str:
    """Everything that a request can choose about a network."""
    return digest(NetworkOptions.of_record(network.settings()))
