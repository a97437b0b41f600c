"""Limits of the memory for activations, in MB (10^6 bytes): float32, then float16 and bfloat16.

They are a tenth above the largest that the compiler in requirements-tensorrt.lock has taken, for 16
objects and for the most boxes: bench/tensorrt_compiler.json. Most of it is convolutions, and in
float32 scores of attention.
"""

from __future__ import annotations

SCRATCH_MB: dict[str, dict[str, tuple[int, int]]] = {
    "sam2_demo": {
        "encode": (41, 39),
        "prompt": (27, 24),
        "click": (27, 24),
        "mask_prompt": (27, 18),
        "track": (88, 29),
        "track_partial": (88, 29),
        "memorize": (26, 20),
    },
    "sam2_tiny": {
        "encode": (710, 240),
        "prompt": (530, 240),
        "click": (530, 240),
        "mask_prompt": (390, 200),
        "track": (18640, 1520),
        "track_partial": (18640, 1520),
        "memorize": (740, 410),
    },
    "sam2_large": {
        "encode": (1350, 360),
    },
    "yolox_demo": {
        "detect": (38, 38),
    },
    "yolox_s": {
        "detect": (69, 27),
    },
    "osnet_x0_25": {
        "embed": (106, 85),
    },
    "masktrack_demo": {
        "pyramid": (22, 20),
        "classify_layers": (11, 10),
        "embed_layers": (10, 10),
        "segment_layers": (200, 100),
    },
    "yolox_x": {
        "detect": (69, 48),
    },
    "osnet_ain_x1_0": {
        "embed": (390, 270),
    },
    "masktrack_r50": {
        "pyramid": (68, 48),
        "classify_layers": (17, 13),
        "embed_layers": (15, 14),
        "segment_layers": (900, 460),
    },
}
