"""Which operations of a foreign graph are run, and which are known but not run."""

from __future__ import annotations

# They read nothing but their inputs, and write nothing but their outputs. None of them makes an
# output larger than its inputs times its own attributes.
RUN = frozenset(
    {
        "Abs", "Add", "AddN", "AddV2", "AvgPool", "BatchToSpaceND", "BiasAdd", "Cast", "Concat",
        "ConcatV2", "Const", "Conv2D", "DepthwiseConv2dNative", "Div", "DivNoNan", "Elu", "Equal",
        "Exp", "ExpandDims", "FloorDiv", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3",
        "Identity", "LRN", "L2Loss", "LeakyRelu", "Log", "LogSoftmax", "MatMul",
        "Max", "MaxPool", "MaxPoolV2", "Maximum", "Mean", "Min", "Minimum", "MirrorPad", "Mul",
        "Neg", "Pack", "Pad", "PadV2", "PlaceholderWithDefault", "Pow", "Prod", "RealDiv",
        "Reciprocal", "Relu", "Relu6", "Reshape", "ResizeBilinear", "ResizeBicubic",
        "ResizeNearestNeighbor", "ReverseV2", "Rsqrt", "Selu", "Shape", "Sigmoid", "Slice",
        "Softmax", "Softplus", "Softsign", "SpaceToBatchND", "Split", "SplitV", "Sqrt", "Square",
        "SquaredDifference", "Squeeze", "StopGradient", "StridedSlice", "Sub", "Sum", "Tanh",
        "Transpose", "Unpack",
    }
)  # fmt: skip

# What training for quantization adds: the export has no quantization, and so has the comparison.
QUANTIZATION = frozenset(
    {
        "FakeQuantWithMinMaxArgs",
        "FakeQuantWithMinMaxVars",
        "FakeQuantWithMinMaxVarsPerChannel",
    }
)

RANDOM = frozenset(
    {
        "RandomStandardNormal",
        "RandomUniform",
        "RandomUniformInt",
        "StatelessRandomUniform",
        "StatelessRandomUniformV2",
        "TruncatedNormal",
    }
)

FUSED_NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
