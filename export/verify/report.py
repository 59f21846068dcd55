"""A proof as one self-contained HTML file."""

from __future__ import annotations

import dataclasses
import math
import os
from importlib import resources
from pathlib import Path
from typing import Any

from slimhub.common import disks, files, paths
from slimhub.common.errors import ExportError, RecordError, RequestError, option
from slimhub.export.record import Record
from slimhub.export.verify.proof import Proof

FILE_NAME = "report.html"
_TEMPLATE = "data/report.html.jinja"

# For the plot of differences, in units of the drawing.
_STEP = 16.0  # between two endpoints
_HEIGHT = 150.0
_DECADES = (-8, 2)  # powers of ten that the axis spans
_EXACT = 22.0  # room below the axis for the line of exact equality

# For the plot of distributions.
_WIDTH = 430.0
_LINEAR = 0.01  # magnitude below which the scale is linear; most weights are larger


def check_folder(folder: str, artifact: str, file_name: str = FILE_NAME) -> None:
    """Refuses a folder that no report can be written to, before any work.

    Args:
      folder: of the report.
      artifact: the proved artifact, which a report must not change.
      file_name: of the report.

    Raises:
      RequestError: says why.
    """
    try:
        import jinja2  # noqa: F401
    except ModuleNotFoundError:
        raise RequestError(
            "a report needs the package jinja2: pip install 'slimhub[report]'"
        ) from None
    path = Path(folder)
    if not folder or paths.resolved(path).is_relative_to(paths.resolved(artifact)):
        raise RequestError(
            f"{option('report')} must be a folder outside the artifact, which it must not change"
        )
    if (path / file_name).is_dir():
        raise RequestError(
            f"{path / file_name} is a folder: choose another one for {option('report')}"
        )
    existing = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise RequestError(
            f"cannot write to {existing}: choose another folder for {option('report')}"
        )


def write(folder: str, artifact: str, proof: Proof) -> Path:
    """Writes a report.

    Args:
      folder: created if it does not exist.
      artifact: folder of the proved artifact.
      proof: the outcome.

    Returns:
      The path of the file.

    Raises:
      ExportError: if it cannot be written.
    """
    text = render(artifact, proof)
    path = Path(folder, FILE_NAME)
    try:
        files.write_atomically(path, text)
    except OSError as error:
        raise ExportError(f"cannot write {path}: {disks.explain(error, path)}") from error
    return path


def render(artifact: str, proof: Proof) -> str:
    """The report as text.

    Args:
      artifact: folder of the proved artifact.
      proof: the outcome.
    """
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["difference"] = _difference
    template = resources.files("slimhub.export.verify").joinpath(_TEMPLATE).read_text("utf-8")
    try:
        record = Record.read(artifact)
    except RecordError:
        record = None
    return environment.from_string(template).render(
        name=paths.resolved(artifact).name,
        record=record,
        proof=proof,
        areas=_by_area(proof),
        plots=[_plot(mode, rows) for mode, rows in _by_mode(proof).items()],
        axis=_axis(),
        layers=[_layer(row) for row in proof.layers],
        scale=_scale(),
        width=_WIDTH,
        worst=max((row["difference"] for row in proof.endpoints), default=None),
    )


@dataclasses.dataclass(frozen=True)
class _Dot:
    x: float
    y: float
    magnitude: float  # distance of the largest magnitude from the top
    row: dict[str, Any]
    is_exact: bool


@dataclasses.dataclass(frozen=True)
class _Plot:
    mode: str
    width: float
    height: float
    dots: list[_Dot]

    @property
    def exact(self) -> int:
        """Number of endpoints that agree to the last bit."""
        return sum(dot.is_exact for dot in self.dots)


def _by_area(proof: Proof) -> dict[str, list[Any]]:
    areas: dict[str, list[Any]] = {}
    for check in proof.checks:
        areas.setdefault(check.area, []).append(check)
    return areas


def _by_mode(proof: Proof) -> dict[str, list[dict[str, Any]]]:
    modes: dict[str, list[dict[str, Any]]] = {}
    for row in proof.endpoints:
        modes.setdefault(row["mode"], []).append(row)
    return modes


def _plot(mode: str, rows: list[dict[str, Any]]) -> _Plot:
    dots = [
        _Dot(
            _STEP * (i + 0.5),
            _height(row["difference"]),
            _height(row["largest"]),
            row,
            row["difference"] == 0,
        )
        for i, row in enumerate(rows)
    ]
    return _Plot(mode, _STEP * len(rows), _HEIGHT + _EXACT, dots)


def _height(difference: float) -> float:
    """Distance of a difference from the top of its plot; zero differences have their own line."""
    if difference == 0:
        return _HEIGHT + _EXACT / 2
    low, high = _DECADES
    decades = min(max(math.log10(difference) if math.isfinite(difference) else high, low), high)
    return _HEIGHT * (high - decades) / (high - low)


def _axis() -> list[tuple[float, str]]:
    """Lines of the plot of differences: distance from the top, and label."""
    low, high = _DECADES
    lines = [(_height(10.0**power), f"1e{power}") for power in range(low, high + 1, 2)]
    return [*lines, (_height(0), "exact")]


def _layer(row: dict[str, Any]) -> dict[str, Any]:
    low, p5, p25, median, p75, p95, high = (_position(value) for value in row["quantiles"])
    return row | {
        "is_norm": "/BatchNorm/" in row["variable"],
        "x": {
            "low": low,
            "p5": p5,
            "p25": p25,
            "p50": median,
            "p75": p75,
            "p95": p95,
            "high": high,
        },
    }


def _position(value: float) -> float:
    """Position of a value on the scale of distributions: linear near 0, then logarithmic."""
    farthest = 4 * math.log(10)  # of the scale: magnitude 100
    bent = math.copysign(math.log1p(abs(value) / _LINEAR), value)
    return _WIDTH * (0.5 + 0.5 * max(min(bent / farthest, 1.0), -1.0))


def _scale() -> list[tuple[float, str]]:
    values = (-100.0, -10.0, -1.0, -0.1, 0.0, 0.1, 1.0, 10.0, 100.0)
    return [(_position(value), f"{value:g}") for value in values]


def _difference(value: float | None) -> str:
    """A difference for people."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    return f"{value:.1e}" if math.isfinite(value) else "not comparable"
