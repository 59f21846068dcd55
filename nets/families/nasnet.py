"""NASNet-A and PNASNet-5: networks of cells that were found by architecture search."""

from __future__ import annotations

import dataclasses

from slimhub.nets.families import public_checkpoints
from slimhub.nets.scaling import InputScaling
from slimhub.nets.spec import NetworkSpec, Paper, Published


@dataclasses.dataclass(frozen=True)
class Cell:
    """What one cell computes.

    Attributes:
      combinations: sums of two operations, each written `operation state`. States 0 and 1 are the
        outputs of the previous cell and the one before it, 2 and up those of the combinations in
        order. Operations are `5x5` etc. (two separable convolutions), `average` and `max` (3x3
        pooling), and `identity`.
      output: the states that the cell concatenates as its output.
    """

    combinations: tuple[tuple[str, str], ...]
    output: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class CellNetwork:
    """A network of cells.

    Attributes:
      normal: the cell that keeps height and width.
      reduction: the cell that halves height and width, before a cell of doubled width; if None, the
        normal cell does so itself, with a stride.
      cells: number of normal cells, not counting those in the stem.
      width: of the convolutions in the first cells; doubled after each of two reductions.
      stem_width: of the first convolution.
      stem_cells: number of cells that halve height and width before all others, 2 for ImageNet;
        with 0, the first convolution does not halve them either.
      skips_reduction: whether the cell after a reduction cell takes, as state 1, the same input as
        that reduction cell, as the large NASNet does.
    """

    normal: Cell
    reduction: Cell | None
    cells: int
    width: int
    stem_width: int
    stem_cells: int = 2
    skips_reduction: bool = False

    def reductions(self) -> list[int]:
        """Indices of the cells at which height and width are halved: after each third."""
        return [self.cells // 3, 2 * self.cells // 3]

    def feature_depth(self) -> int:
        """Width of the last cell's output."""
        return 4 * self.width * len(self.normal.output)


# Figure 4 of the NASNet paper and figure 1 of the PNASNet paper.
_NASNET_NORMAL = Cell(
    combinations=(
        ("5x5 0", "3x3 1"),
        ("5x5 1", "3x3 1"),
        ("average 0", "identity 1"),
        ("average 1", "average 1"),
        ("3x3 0", "identity 0"),
    ),
    output=(1, 2, 3, 4, 5, 6),
)
_NASNET_REDUCTION = Cell(
    combinations=(
        ("5x5 0", "7x7 1"),
        ("max 0", "7x7 1"),
        ("average 0", "5x5 1"),
        ("identity 3", "average 2"),
        ("3x3 2", "max 0"),
    ),
    output=(3, 4, 5, 6),
)
_PNASNET = Cell(
    combinations=(
        ("5x5 1", "max 1"),
        ("7x7 0", "max 0"),
        ("5x5 0", "3x3 0"),
        ("3x3 4", "max 0"),
        ("3x3 1", "identity 0"),
    ),
    output=(2, 3, 4, 5, 6),
)

_SOURCE = "TF-Slim's table of checkpoints"
_NASNET_PAPER = Paper(
    title="Learning Transferable Architectures for Scalable Image Recognition",
    authors="Barret Zoph, Vijay Vasudevan, Jonathon Shlens, Quoc V. Le",
    year=2017,
    url="https://arxiv.org/abs/1707.07012",
)
_PNASNET_PAPER = Paper(
    title="Progressive Neural Architecture Search",
    authors="Chenxi Liu, Barret Zoph, Maxim Neumann, Jonathon Shlens, Wei Hua, Li-Jia Li, "
    "Li Fei-Fei, Alan Yuille, Jonathan Huang, Kevin Murphy",
    year=2017,
    url="https://arxiv.org/abs/1712.00559",
)


def _spec(name: str, definition: CellNetwork, image_size: int) -> NetworkSpec:
    return NetworkSpec(
        name=name,
        scope="",
        layers="slimhub.nets.families.nasnet_layers:layers",
        definition=definition,
        image_size=image_size,
        feature_depth=definition.feature_depth(),
        features_are_flat=True,
        size_can_be_free=False,  # cells compare heights
        regularized=r"weights$",  # also those of separable convolutions
        batch_norm_decay=0.9997,
        dropout_keep=0.5,
        logits_scope="final_layer/FC",
        logits_are_full=True,
        head=r"^final_layer/",
        auxiliary=r"^aux_\d+/",
    )


def _nasnet(name: str, definition: CellNetwork, image_size: int) -> NetworkSpec:
    return dataclasses.replace(
        _spec(name, definition, image_size),
        family="NASNet-A",
        paper=_NASNET_PAPER,
        sigmoid_endpoint="Predictions_sigmoid",
    )


def _pnasnet(name: str, definition: CellNetwork, image_size: int) -> NetworkSpec:
    return dataclasses.replace(
        _spec(name, definition, image_size), family="PNASNet-5", paper=_PNASNET_PAPER
    )


SPECS = (
    dataclasses.replace(
        _nasnet(
            "nasnet_cifar",
            CellNetwork(_NASNET_NORMAL, _NASNET_REDUCTION, 18, 32, 96, stem_cells=0),
            32,
        ),
        smallest_image=8,
        num_classes=10,
        has_background=False,
        input_scaling=InputScaling.STANDARDIZED,
        weight_decay=5e-4,
        batch_norm_epsilon=1e-5,
        batch_norm_decay=0.9,
        dropout_keep=1.0,
        sigmoid_endpoint=None,
    ),
    dataclasses.replace(
        _nasnet("nasnet_mobile", CellNetwork(_NASNET_NORMAL, _NASNET_REDUCTION, 12, 44, 32), 224),
        **public_checkpoints.fields("nasnet-a_mobile_04_10_2017/model.ckpt"),
        published=Published(_SOURCE, top1=74.0, top5=91.6),
    ),
    dataclasses.replace(
        _nasnet(
            "nasnet_large",
            CellNetwork(_NASNET_NORMAL, _NASNET_REDUCTION, 18, 168, 96, skips_reduction=True),
            331,
        ),
        weight_decay=5e-5,
        **public_checkpoints.fields("nasnet-a_large_04_10_2017/model.ckpt"),
        published=Published(_SOURCE, top1=82.7, top5=96.2),
    ),
    dataclasses.replace(
        _pnasnet("pnasnet_mobile", CellNetwork(_PNASNET, None, 9, 54, 32), 224),
        **public_checkpoints.fields("pnasnet-5_mobile_2017_12_13/model.ckpt"),
        published=Published(_SOURCE, top1=74.2, top5=91.9),
    ),
    dataclasses.replace(
        _pnasnet("pnasnet_large", CellNetwork(_PNASNET, None, 12, 216, 96), 331),
        **public_checkpoints.fields("pnasnet-5_large_2017_12_13/model.ckpt"),
        published=Published(_SOURCE, top1=82.9, top5=96.2),
    ),
)
