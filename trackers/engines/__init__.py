"""Networks on PyTorch, ONNX Runtime and TensorRT: named arrays in, named arrays out.

Environment variables set here, before the libraries load, disable telemetry and wrong kernels, and
keep compiled code in the repository's `.cache`. May import: datasets.io, trackers.option_types,
trackers.profiling.
"""

import os
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # disable_telemetry_events() still looks up its host
os.environ.setdefault(
    "TORCHINDUCTOR_CACHE_DIR",
    str(Path(__file__).resolve().parents[2] / ".cache" / "torchinductor"),
)
os.environ["TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS"] = "0"  # they would always be in /tmp
# On one tested host, bfloat16 results of oneDNN's AMX kernels are wrong by more than half of the
# maximum value. PyTorch reads the variable when it first computes, in any program.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")
