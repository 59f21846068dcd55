"""Rounds widths like the MobileNets do."""


def round8(width: float) -> int:
    """The multiple of 8 nearest to a width: at least 8, and never below 0.9 of the width.

    Args:
      width: a number of channels, above 0.

    Returns:
      The number of channels the layer gets (the rule published with MobileNet V2).
    """
    rounded = max(8, int(width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * width else rounded
