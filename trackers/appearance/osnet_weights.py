"""Load OSNet with the weights of an official checkpoint, whose size is recognised."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trackers.engines.checkpoint import check_state, read_checkpoint
from trackers.engines.contract import TensorSpec
from trackers.networks.opening import TorchNetwork

if TYPE_CHECKING:
    from trackers.appearance.osnet import Osnet

INPUT = "images"
CROPS = "crops"  # name of the axis of crops
_CLASSIFIER = "classifier."  # of the identities that a network was trained with
_FIRST, _SEARCHED = "conv1.conv.weight", "conv2.0.conv2.0.layers.0.conv1.weight"


def load_osnet(weights: Path) -> tuple[str, Osnet]:
    """Return the size of a checkpoint, and the network with its weights, in evaluation mode.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no checkpoint of an OSNet.
    """
    from trackers.appearance.osnet import Osnet

    state = {
        name: each
        for name, each in read_checkpoint(weights).items()
        if not name.startswith(_CLASSIFIER)
    }
    size = _size(state)
    if size is None:
        raise ValueError(
            f"{weights}: expected a checkpoint of an OSNet, found weights named "
            f"{[*state][:3]}; export other networks to ONNX"
        )
    model = Osnet(size)
    check_state(f"{weights}: no checkpoint of OSNet {size}", model.state_dict(), state)
    model.load_state_dict(state)
    return size, model.eval()


def _size(state: Mapping[str, Any]) -> str | None:
    """Return the size whose names and first layer equal those of a checkpoint; None if none does.

    Args:
        state: Weights by name.
    """
    from trackers.appearance.osnet import SIZES

    if _FIRST not in state:
        return None
    searched, instance = _SEARCHED in state, "conv1.bn.running_mean" not in state
    for name, shape in SIZES.items():
        width = shape.channels[0] == state[_FIRST].shape[0]
        if width and (shape.searched, shape.instance_first) == (searched, instance):
            return name
    return None


def load_module(weights: Path) -> TorchNetwork:
    """Return a checkpoint as a network of crops of any size; raises as `load_osnet`."""
    _, model = load_osnet(weights)
    spec = TensorSpec(INPUT, (CROPS, 3, None, None), np.dtype(np.float32))
    return TorchNetwork(model, (spec,))
