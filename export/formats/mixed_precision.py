"""Stores as many layers in integers as the floor allows; runs in `runtime_process`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from slimhub.export.formats import agreement, file_formats
from slimhub.export.formats.agreement import Agreement, Floor
from slimhub.export.formats.file_formats import FormatModule
from slimhub.export.formats.file_quantizer import FileQuantizer
from slimhub.export.formats.layer_search import LayerChoice, LayerLosses, LayerSearch

# Of what the floor leaves. Most candidates are measured without optimization on a few images alone,
# since that is slow; if the chosen one falls below the floor on the others, the next margin helps.
_MARGINS = (0.1, 0.3, 0.6)
_LEFT = 0.5  # of that, what weights leave to activations if those are in integers, too
FEW = 16  # pictures, evenly spaced, on which single layers are measured
_SHOWN = 12  # sensitivities that are reported


def search_file(
    *,
    file: str,
    target: str,
    images: str,
    answers: str,
    quantize: str,
    floor: dict[str, Any],
    is_classification: bool,
    threads: int,
) -> dict[str, Any]:
    """Quantizes a file as far as the floor allows.

    Args:
      file: path of a file in float; its suffix says in which format.
      target: path of the file to write.
      images: path of an array f32[count, size, size, 3].
      answers: path of what the artifact answers, f32[count, width].
      quantize: `int8_weights` or `int8`.
      floor: fields of a `Floor`.
      is_classification: whether the answers are logits.
      threads: for the runtime.

    Returns:
      Fields of a `Mixture` but for its pictures, of which only `sampled` is there; and `failure`,
      what the library says if it could quantize no layer, else empty.

    Raises:
      Exception: of the library, if it cannot calibrate.
    """
    module = file_formats.of_path(file).load_module()
    scale = _Scale(
        module, np.load(images), np.load(answers), Floor(**floor), is_classification, threads
    )
    quantizer = module.quantizer(Path(file), scale.images, threads)
    if _is_computed(quantize):
        quantizer.calibrate()
    alone = _Alone()
    for margin in _MARGINS:
        mixed = _mix(quantizer, scale.with_margin(margin), quantize, alone)
        content = quantizer.quantize(mixed.weights.quantized, mixed.integers.quantized)
        if scale.holds(content):
            break
    Path(target).write_bytes(content)
    return mixed.report() | {"sampled": len(sample(len(scale.images), FEW))}


def sample(count: int, few: int) -> np.ndarray:
    """Indices of a few pictures, evenly spaced among all: a user's have their share.

    Args:
      count: of all pictures.
      few: how many to choose.
    """
    return np.linspace(0, count - 1, min(count, few)).round().astype(int)


@dataclasses.dataclass(frozen=True)
class _Scale:
    """What candidates are measured with."""

    module: FormatModule
    images: np.ndarray
    answers: np.ndarray
    floor: Floor
    is_classification: bool
    threads: int

    def measure(self, content: bytes, count: int, *, is_optimized: bool) -> Agreement:
        """How well a candidate agrees on that many images, evenly spaced among all."""
        chosen = sample(len(self.images), count)
        loaded = self.module.load(content, threads=self.threads, is_optimized=is_optimized)
        found = np.concatenate([loaded(image[np.newaxis]) for image in self.images[chosen]])
        return agreement.measure(
            found.reshape(len(found), -1),
            self.answers[chosen],
            is_classification=self.is_classification,
        )

    def accepts(self, content: bytes) -> bool:
        """Whether a candidate is above the floor: on a few images without optimization, which
        takes up to 20 times as long and rounds otherwise, then on all with it."""
        every = len(self.images)
        return not any(
            self.floor.complaints(self.measure(content, count, is_optimized=is_optimized))
            for count, is_optimized in ((FEW, True), (FEW, False), (every, True))
        )

    def holds(self, content: bytes) -> bool:
        """Whether a file is above the floor on all images without optimization, too."""
        found = self.measure(content, len(self.images), is_optimized=False)
        return not self.floor.complaints(found)

    def with_margin(self, margin: float) -> _Scale:
        """The same with a higher floor."""
        return dataclasses.replace(self, floor=self.floor.raised(margin))

    def loss(self, content: bytes) -> float:
        """How far the worst of a few images turns."""
        return 1 - self.measure(content, FEW, is_optimized=True).cosine


@dataclasses.dataclass(frozen=True)
class _Alone:
    """What layers cost that are stored in integers alone, measured once, when it is needed."""

    weights: LayerLosses = dataclasses.field(default_factory=LayerLosses)
    integers: LayerLosses = dataclasses.field(default_factory=LayerLosses)


@dataclasses.dataclass(frozen=True)
class _Mixed:
    weights: LayerChoice
    integers: LayerChoice

    def report(self) -> dict[str, Any]:
        """Fields of a `Mixture`, and `failure`."""
        stored = [name for name in self.weights.quantized if name not in self.integers.quantized]
        floats, losses = self.integers.floats, self.integers.losses.measured
        failures = [*self.integers.losses.failures.values()]
        worst = sorted(losses, key=lambda name: -losses[name])
        return {
            "integers": len(self.integers.quantized),
            "weights": len(stored),
            "floats": [name for name in floats if name not in stored],
            "losses": {name: round(losses[name], 5) for name in worst[:_SHOWN]},
            "failure": failures[-1] if failures and not losses else "",
        }


def _is_computed(quantize: str) -> bool:
    return quantize == "int8"


def _mix(quantizer: FileQuantizer, scale: _Scale, quantize: str, alone: _Alone) -> _Mixed:
    """Stores as many weights in integers as the floor allows, then computes in them.

    What activations leave of the room that they were given goes to weights again.
    """
    is_computed = _is_computed(quantize)
    weighted = [layer.name for layer in quantizer.layers if layer.has_weights]
    stricter = scale.with_margin(_LEFT) if is_computed else scale
    search = LayerSearch(stricter, lambda names: quantizer.quantize(names, []), alone.weights)
    weights = search.chosen(weighted)
    if not is_computed:
        return _Mixed(weights, LayerChoice([], weights.floats, weights.losses))
    every = [layer.name for layer in quantizer.layers]
    search = LayerSearch(
        scale, lambda names: quantizer.quantize(weights.quantized, names), alone.integers
    )
    integers = search.chosen(every, lambda name: quantizer.quantize([], [name]))

    def with_more(names: Sequence[str]) -> bytes:
        return quantizer.quantize([*weights.quantized, *names], integers.quantized)

    left = [name for name in weights.floats if name not in integers.quantized]
    more = LayerSearch(scale, with_more, alone.weights).chosen(left).quantized if left else []
    stored = dataclasses.replace(weights, quantized=[*weights.quantized, *more])
    return _Mixed(stored, integers)
