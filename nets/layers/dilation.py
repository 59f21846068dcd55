"""Dilated kernels in place of strides, so that the last maps stay as large as is wanted."""

from __future__ import annotations


class Strides:
    """Strides and dilation rates of successive layers.

    Layers keep their strides until the product of all of them is the output stride. From then on
    they have none, and the kernels of those behind them are dilated by what was left out, as in
    "DeepLab: Semantic Image Segmentation with Deep Convolutional Nets, Atrous Convolution, and
    Fully Connected CRFs". The kernel of a layer that loses its stride is not yet dilated by it.
    """

    def __init__(self, output_stride: int | None) -> None:
        """Starts at the images.

        Args:
          output_stride: pixels of the image for one of the last map; None for the network's own.
        """
        self._wanted = output_stride
        self._reached = self._rate = 1

    def of(self, stride: int) -> tuple[int, int]:
        """The stride and the dilation rate of the next layer.

        Args:
          stride: of the layer as the network has it.
        """
        if self._reached != self._wanted:
            self._reached *= stride
            return stride, 1
        rate = self._rate
        self._rate *= stride
        return 1, rate
