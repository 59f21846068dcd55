"""Searches for the layers that have to stay in float; runs in `runtime_process`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from slimhub.export.formats import agreement, litert_format
from slimhub.export.formats.agreement import Agreement, Floor
from slimhub.export.formats.litert_quantizer import LiteRTQuantizer

_MARGIN = 0.1  # of what the floor leaves: other kernels than those measured here round otherwise
FEW = 16  # pictures, evenly spaced, on which single layers are measured
_RETRIES = 32  # layers in float that are tried in integers again, the least sensitive first
_SHOWN = 12  # sensitivities that are reported
_FAILED = 2.0  # the loss of a layer that cannot be quantized; 1 - cosine is at most that


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
      file: path of a LiteRT file in float.
      target: path of the file to write.
      images: path of an array f32[count, size, size, 3].
      answers: path of what the artifact answers, f32[count, width].
      quantize: `int8_weights` or `int8`.
      floor: fields of a `Floor`.
      is_classification: whether the answers are logits.
      threads: for the runtime.

    Returns:
      Fields of a `Mixture` but for its pictures, of which only `sampled` is there.
    """
    scale = _Scale(
        np.load(images), np.load(answers), _raised(Floor(**floor)), is_classification, threads
    )
    quantizer = LiteRTQuantizer(Path(file), scale.images, threads)
    weighted = [layer.name for layer in quantizer.layers if layer.has_weights]
    weights = _Search(scale, lambda names: quantizer.quantize(names, [])).chosen(weighted)
    losses, integers = weights.losses, _Choice([], [], {})
    if quantize == "int8":
        every = [layer.name for layer in quantizer.layers]
        search = _Search(scale, lambda names: quantizer.quantize(weights.quantized, names))
        integers = search.chosen(every, lambda name: quantizer.quantize([], [name]))
        losses = integers.losses
    Path(target).write_bytes(quantizer.quantize(weights.quantized, integers.quantized))
    stored = [name for name in weights.quantized if name not in integers.quantized]
    floats = integers.floats if quantize == "int8" else weights.floats
    worst = sorted(losses, key=lambda name: -losses[name])
    return {
        "integers": len(integers.quantized),
        "weights": len(stored),
        "floats": [name for name in floats if name not in stored],
        "sampled": len(sample(len(scale.images), FEW)),
        "losses": {name: round(losses[name], 5) for name in worst[:_SHOWN]},
    }


def sample(count: int, few: int) -> np.ndarray:
    """Indices of a few pictures, evenly spaced among all: a user's have their share.

    Args:
      count: of all pictures.
      few: how many to choose.
    """
    return np.linspace(0, count - 1, min(count, few)).round().astype(int)


def _raised(floor: Floor) -> Floor:
    """The floor with a margin."""
    return dataclasses.replace(floor, cosine=floor.cosine + _MARGIN * (1 - floor.cosine))


@dataclasses.dataclass(frozen=True)
class _Scale:
    """What candidates are measured with."""

    images: np.ndarray
    answers: np.ndarray
    floor: Floor
    is_classification: bool
    threads: int

    def measure(self, content: bytes, count: int, *, is_optimized: bool) -> Agreement:
        """How well a candidate agrees on that many images, evenly spaced among all."""
        chosen = sample(len(self.images), count)
        loaded = litert_format.LiteRTFile(content, self.threads, is_optimized)
        found = np.concatenate([loaded(image[np.newaxis]) for image in self.images[chosen]])
        return agreement.measure(
            found.reshape(len(found), -1),
            self.answers[chosen],
            is_classification=self.is_classification,
        )

    def accepts(self, content: bytes) -> bool:
        """Whether a candidate is above the floor: on a few images without XNNPACK, which takes 20
        times as long and rounds otherwise, then on all with it."""
        every = len(self.images)
        return not any(
            self.floor.complaints(self.measure(content, count, is_optimized=is_optimized))
            for count, is_optimized in ((FEW, True), (FEW, False), (every, True))
        )

    def loss(self, content: bytes) -> float:
        """How far the worst of a few images turns."""
        return 1 - self.measure(content, FEW, is_optimized=True).cosine


@dataclasses.dataclass(frozen=True)
class _Choice:
    quantized: list[str]
    floats: list[str]  # the most sensitive first
    losses: dict[str, float]


class _Search:
    """Finds the fewest layers that have to stay in float."""

    def __init__(self, scale: _Scale, make: Callable[[Sequence[str]], bytes]) -> None:
        self._scale = scale
        self._make = make  # a candidate in which the named layers are quantized

    def chosen(self, names: list[str], make_alone: Callable[[str], bytes] | None = None) -> _Choice:
        """Ranks the layers by what each costs alone, and leaves the first ones in float.

        Args:
          names: of all layers.
          make_alone: a candidate in which one layer alone is quantized.
        """
        if self._accepts(names):
            return _Choice(names, [], {})
        alone = make_alone or (lambda name: self._make([name]))
        losses = {name: self._loss(alone, name) for name in names}
        ranking = sorted(names, key=lambda name: -losses[name])
        low, high = 0, len(ranking)  # in float: too few, enough
        while high - low > 1:
            middle = (low + high) // 2
            if self._accepts(ranking[middle:]):
                high = middle
            else:
                low = middle
        floats, quantized = ranking[:high], ranking[high:]
        for name in floats[::-1][:_RETRIES]:  # some cost much alone, and little with others
            if losses[name] < _FAILED and self._accepts([*quantized, name]):
                quantized.append(name)
        return _Choice(quantized, [name for name in floats if name not in quantized], losses)

    def _accepts(self, names: Sequence[str]) -> bool:
        try:
            return self._scale.accepts(self._make(names))
        except (RuntimeError, ValueError):  # the quantizer, or LiteRT, cannot combine them
            return False

    def _loss(self, make: Callable[[str], bytes], name: str) -> float:
        try:
            return self._scale.loss(make(name))
        except (RuntimeError, ValueError):
            return _FAILED
