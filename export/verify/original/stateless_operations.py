"""Which operations of a foreign graph may run, and which are known but not run."""

from __future__ import annotations

# They only read their inputs and only write their outputs. None has an output larger than its
# inputs times its own attributes.
RUN = frozenset(
    {
        "Abs", "Add", "AddN", "AddV2", "AvgPool", "BatchToSpaceND", "BiasAdd", "Cast", "Concat",
        "ConcatV2", "Const", "Conv2D", "DepthwiseConv2dNative", "Div", "DivNoNan", "Elu", "Equal",
        "Exp", "ExpandDims", "FloorDiv", "FloorMod", "FusedBatchNorm", "FusedBatchNormV2",
        "FusedBatchNormV3", "Identity", "LRN", "L2Loss", "LeakyRelu", "Log", "LogSoftmax", "MatMul",
        "Max", "MaxPool", "MaxPoolV2", "Maximum", "Mean", "Min", "Minimum", "MirrorPad", "Mul",
        "Neg", "Pack", "Pad", "PadV2", "PlaceholderWithDefault", "Pow", "Prod", "RealDiv",
        "Reciprocal", "Relu", "Relu6", "Reshape", "ResizeBilinear", "ResizeBicubic",
        "ResizeNearestNeighbor", "ReverseV2", "Rsqrt", "Selu", "Shape", "Sigmoid", "Slice",
        "Softmax", "Softplus", "Softsign", "SpaceToBatchND", "Split", "SplitV", "Sqrt", "Square",
        "SquaredDifference", "Squeeze", "StopGradient", "StridedSlice", "Sub", "Sum", "Tanh",
        "Transpose", "Unpack",
    }
)  # fmt: skip

# What quantization-aware training adds: the export has no quantization, so the comparison ignores
# it.
QUANTIZATION = frozenset(
    {
        "FakeQuantWithMinMaxArgs",
        "FakeQuantWithMinMaxVars",
        "FakeQuantWithMinMaxVarsPerChannel",
    }
)

# Random numbers from 0 to 1, without 1.
UNIFORM = frozenset({"RandomUniform", "StatelessRandomUniform", "StatelessRandomUniformV2"})

RANDOM = UNIFORM | {
    "Multinomial",
    "ParameterizedTruncatedNormal",
    "RandomGamma",
    "RandomPoisson",
    "RandomPoissonV2",
    "RandomShuffle",
    "RandomStandardNormal",
    "RandomUniformInt",
    "StatelessRandomNormal",
    "StatelessRandomNormalV2",
    "StatelessTruncatedNormal",
    "StatelessTruncatedNormalV2",
    "TruncatedNormal",
}

FUSED_NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
