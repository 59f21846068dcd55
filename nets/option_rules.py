"""Refuses values that an option cannot have in any network."""

from __future__ import annotations

import dataclasses
from typing import Any

from slimhub.common.errors import NetworkError, option
from slimhub.common.text import either
from slimhub.nets import size_notation
from slimhub.nets.options import OF_BATCH_NORMS, OUTPUT_STRIDES, NetworkOptions

_SIDES = ("height", "width")


def check_values(options: NetworkOptions, smallest_image: int) -> None:
    """Refuses values out of range.

    Args:
      options: of a network.
      smallest_image: height and width that it needs, pixels.

    Raises:
      NetworkError: names the first option.
    """
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if value is None:
            continue
        values, range = field.metadata["values"], field.metadata["range"]
        if values is not None and value not in values:
            raise NetworkError(
                f"{option(field.name)} must be one of {', '.join(values)}, not {value!r}"
            )
        if range is None:
            continue
        low, high = range
        if field.name == "image_size":
            low = smallest_image
        if field.name == "num_classes" and options.drop_background:
            low = 2  # one class must remain
        _check_range(field, value, low, high)
    _check_batch_norms(options)
    if options.output_stride not in (None, *OUTPUT_STRIDES):
        raise NetworkError(
            f"{option('output_stride')} must be {either(list(map(str, OUTPUT_STRIDES)))}, not "
            f"{options.output_stride}"
        )


def _check_range(field: dataclasses.Field[Any], value: Any, low: float, high: float) -> None:
    for side, number in _numbers(field, value).items():
        if not low <= number <= high:
            of_pair = f"the {side} in {option(field.name, value)}" if side else ""
            raise NetworkError(
                f"{of_pair or option(field.name)} must be between {low} and {high}, not {number}"
            )


def _check_batch_norms(options: NetworkOptions) -> None:
    for name in OF_BATCH_NORMS:
        if options.batch_norm == "no" and getattr(options, name) is not None:
            raise NetworkError(
                f"{option(name)} does not apply to {option('batch_norm', 'no')}: leave one out"
            )


def _numbers(field: dataclasses.Field[Any], value: Any) -> dict[str, Any]:
    """The numbers of a value that must be in range, by what they are if they are several.

    Raises:
      NetworkError: if a size of images cannot be read.
    """
    if field.metadata["type"] is not size_notation.parse_size:
        return {"": value}
    try:
        size = size_notation.read_size(value)
    except ValueError as error:
        raise NetworkError(f"{option(field.name)}: {error}") from error
    return {"": size} if isinstance(size, int) else dict(zip(_SIDES, size, strict=True))
