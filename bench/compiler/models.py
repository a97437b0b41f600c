"""The models whose networks are compiled, and what of them.

The networks of all official sizes of SAM 2 but their encoders are the same, and so are the weights
of random models: `sam2_tiny` stands for them.
"""

from __future__ import annotations

from dataclasses import dataclass

_ALL = ("fp32", "fp16", "bf16")
_LOW = ("fp16", "bf16")
_SAM2 = ("encode", "prompt", "click", "mask_prompt", "track", "track_partial", "memorize")
_TRACK = ("track", "track_partial")
_DEMO = "trackers/weights"
_SAM2_DEMO = f"{_DEMO}/sam2_demo.safetensors"
_MASKTRACK = f"{_DEMO}/masktrack_demo.safetensors"
_HEADS = ("classify_layers", "embed_layers", "segment_layers")  # without RoiAlign
_OF_HEADS = ("fp32", "fp16")  # the ONNX operators of heads with RoiAlign have no bfloat16
INDEX = "index.json"  # lists the networks in the folder of exported ones


@dataclass(frozen=True)
class Model:
    """A model whose networks are compiled.

    Args:
        name: Name in the table.
        kind: `sam2`, `yolox`, `osnet` or `masktrack_rcnn`.
        size: Its size; for `masktrack_rcnn` with demo weights it is part of these.
        networks: Names of the networks.
        weights: File of the weights; None for random weights.
        precisions: Precisions of the networks.
        padded: Whether cross-attention is exported as the product exports it, see `pad_values`.
        large: Whether it is compiled only on request, because that takes minutes.
    """

    name: str
    kind: str
    size: str
    networks: tuple[str, ...]
    weights: str | None = None
    precisions: tuple[str, ...] = _ALL
    padded: bool = True
    large: bool = False


MODELS = (
    Model("sam2_demo", "sam2", "demo", _SAM2, _SAM2_DEMO),
    Model("sam2_tiny", "sam2", "tiny", _SAM2),
    Model("sam2_large", "sam2", "large", ("encode",), precisions=("bf16",)),
    Model("sam2_demo_unpadded", "sam2", "demo", ("track",), _SAM2_DEMO, ("fp16",), padded=False),
    Model("yolox_demo", "yolox", "nano", ("detect",), f"{_DEMO}/yolox_demo.safetensors"),
    Model("yolox_s", "yolox", "s", ("detect",)),
    Model("osnet_x0_25", "osnet", "x0_25", ("embed",)),
    Model("masktrack_demo", "masktrack_rcnn", "demo", ("pyramid",), _MASKTRACK),
    Model("masktrack_demo", "masktrack_rcnn", "demo", _HEADS, _MASKTRACK, _OF_HEADS),
    Model("sam2_tiny_unpadded", "sam2", "tiny", _TRACK, None, _LOW, padded=False, large=True),
    Model("sam2_large", "sam2", "large", ("encode",), None, ("fp32", "fp16"), large=True),
    Model("yolox_x", "yolox", "x", ("detect",), large=True),
    Model("osnet_ain_x1_0", "osnet", "ain_x1_0", ("embed",), large=True),
    Model("masktrack_r50", "masktrack_rcnn", "r50", ("pyramid",), large=True),
    Model("masktrack_r50", "masktrack_rcnn", "r50", _HEADS, None, _OF_HEADS, large=True),
)


def chosen(*, large: bool) -> list[Model]:
    """Return the models to compile: all, or those that take seconds each."""
    return [model for model in MODELS if large or not model.large]
