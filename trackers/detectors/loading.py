"""Load YOLOX with the weights of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trackers.engines.checkpoint import check_state, read_checkpoint
from trackers.engines.contract import TensorSpec
from trackers.networks.opening import TorchNetwork

if TYPE_CHECKING:
    from trackers.detectors.yolox import Yolox

INPUT = "images"
_FIRST, _CLASSES = "backbone.backbone.stem.conv.conv.weight", "head.cls_preds.0.weight"


def load_yolox(size: str, weights: Path, classes: int) -> Yolox:
    """Return a YOLOX with its weights, in evaluation mode.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The size is unknown, or the file is no checkpoint of that size.
    """
    from trackers.detectors.yolox import SIZES

    if size not in SIZES:
        raise ValueError(f"size: expected one of {list(SIZES)}, found {size!r}")
    return _fill(size, weights, read_checkpoint(weights), classes)


def load_module(weights: Path) -> TorchNetwork:
    """Return a checkpoint, whose size and number of classes are recognised, as a network.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no checkpoint of a YOLOX.
    """
    from trackers.detectors.yolox import SIZES

    state = read_checkpoint(weights)
    width = len(state[_FIRST]) if _FIRST in state and _CLASSES in state else None
    sizes = [name for name, shape in SIZES.items() if shape.stem == width]
    if not sizes:
        raise ValueError(
            f"{weights}: expected a checkpoint of a YOLOX, found weights named {[*state][:3]}; "
            "export other networks to ONNX"
        )
    model = _fill(sizes[0], weights, state, len(state[_CLASSES]))
    spec = TensorSpec(INPUT, (1, 3, None, None), np.dtype(np.float32))
    return TorchNetwork(model, (spec,))


def _fill(size: str, weights: Path, state: Mapping[str, Any], classes: int) -> Yolox:
    from trackers.detectors.yolox import Yolox

    model = Yolox(size, classes)
    reason = f"{weights}: no checkpoint of size {size!r} and {classes} classes"
    check_state(reason, model.state_dict(), dict(state))
    model.load_state_dict(state)
    return model.eval()
