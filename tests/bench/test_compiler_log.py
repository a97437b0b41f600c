"""What is read from the log of NVIDIA's compiler."""

from __future__ import annotations

import pytest

from bench.compiler.build_log import count_kinds, read_log
from bench.compiler.compile import describe

LOG = """\
[I] Total Activation Memory: 4096 bytes
[V] Layers:
Name: shape, LayerType: shape_call, Inputs: [], Constants: [], Outputs: [], TacticName: , Id: 0
Name: node_conv_1, LayerType: correlation, \
Inputs: [ { Name: x, Dimensions: [1,3,8,8], Strides: [1], Datatype: Half, Format: a }], \
Constants: [ { Name: one, Dimensions: [1], Datatype: Float, Format: (Linear) Row }], \
Outputs: [ { Name: y, Dimensions: [1,4,8,8], Datatype: Half, Format: a }], TacticName: a, Id: 0
Name: _gemm_mha_v2_myl0_9, LayerType: kgen, \
Inputs: [ { Name: q, Dimensions: [-1,64,32], Datatype: Half, Format: a }], \
Constants: [], Outputs: [], TacticName: b, Id: 0
Name: __myl_CastMaxrSubExpSumDivMulCast_myl0_8, LayerType: kgen, \
Inputs: [ { Name: s, Dimensions: [-1,64,64], Datatype: Float, Format: a }], \
Constants: [], Outputs: [], TacticName: c, Id: 0
Name: pool, LayerType: maxpool, \
Inputs: [ { Name: p, Dimensions: [1,4,8,8], Datatype: Float, Format: a }], \
Constants: [], Outputs: [], TacticName: d, Id: 0

I/O Tensors:
 Name: x, IOMode: Input, DataType: Half, Dimensions: [-1,3], ProfileInfo: [ \
{ MinShape: [1,3], OptShape: [4,3], MaxShape: [16,3], Format: a }, \
{ MinShape: [1,3], OptShape: [1,3], MaxShape: [1,3], Format: a }]
 Name: y, IOMode: Output, DataType: Half, Dimensions: [-1], ProfileInfo: [ { Format: a }]
"""


def test_the_kernels_and_the_memory_are_read():
    engine = read_log(LOG)
    assert count_kinds(engine.kernels) == {"correlation": 1, "kgen": 2, "maxpool": 1}
    assert [each.shape for each in engine.kernels[0].inputs] == [(1, 3, 8, 8)]
    assert engine.scratch_bytes == 4096
    assert engine.shapes == {"x": [[[1, 3], [4, 3], [16, 3]], [[1, 3], [1, 3], [1, 3]]]}


def test_attention_a_softmax_and_float32_are_told_apart():
    found = describe(read_log(LOG))
    assert (found["attention"], found["softmax"]) == (1, [[-1, 64, 64]])
    assert found["float32"] == {"maxpool": 1}, "constants and generated kernels do not count"


@pytest.mark.parametrize("log", ["", LOG.replace("Total", "All"), LOG.replace("Outputs", "Out")])
def test_a_log_of_another_format_is_an_error(log):
    with pytest.raises(ValueError, match="log: expected"):
        read_log(log)
