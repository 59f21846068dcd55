"""By what an export is known: two exports with the same identity give the same artifact."""

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
    """What an artifact depends on.

    Attributes:
      release: of slimhub.
      task: one of `nets.TASKS`.
      network: with its options.
      labels: of the artifact, or None.
      checkpoint: digest of the source; None where it is not known.
      checkpoint_name: which of several checkpoints was asked for, or None.
      averages: which values were asked for.
      proof: how much is proved.
      ignore_leftover: pattern of layers that are left out at the owner's risk, or None.
      scope: prefix in front of the network's names, without slashes around it, or None.
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
        """Digest of each field by its name, and of the network's options apart.

        A field that is None by default is left out then: exports that do not use it keep the
        identity that they had before there was such a field.
        """
        fields = {
            field.name: digest(value)
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) is not None
            or field.default is dataclasses.MISSING
        }
        return fields | {"options": _digest_options(self.network)}

    def to_record(self) -> RecordedIdentity:
        """The identity as a record has it."""
        fields = self.fields()
        return RecordedIdentity(sha256=digest(fields), fields=fields)


def recorded_fields(record: Record) -> dict[str, str]:
    """Digests of the fields of a record's identity.

    What the record says of a field itself is digested again: a record that was changed is not that
    of the export any more.

    Args:
      record: with an identity.
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
    """Of what a request can choose of a network."""
    return digest(NetworkOptions.of_record(network.settings()))
