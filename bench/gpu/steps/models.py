"""SAM 2 models of a run: our networks of them, and the official predictor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.gpu.context import Context
from trackers.sam2.loading import RANDOM, load_model
from trackers.sam2.networks import on_torch

if TYPE_CHECKING:
    from sam2.modeling.sam2_base import SAM2Base


def torch_networks(
    model: str | SAM2Base,
    context: Context,
    device: str,
    precision: str = "fp32",
    mode: str = "eager",
) -> Any:
    """Return the networks of a model on PyTorch, as a session takes them.

    Args:
        model: Size of SAM 2, or a loaded model.
    """
    from trackers.engines.torch_engine import DTYPES, TorchArrays

    loaded = load_model(model, context.weights_of(model)) if isinstance(model, str) else model
    return on_torch(loaded, TorchArrays(device, DTYPES[precision]), mode)


def official(model: str, context: Context, *, compiled: bool = False) -> Any:
    """Return the official predictor on the device, with random weights if there is no checkpoint.

    Args:
        compiled: Whether to take the variant that compiles every part, `vos_optimized`.
    """
    from bench.material.official_sam2 import build_predictor, make_lively
    from trackers.engines.checkpoint import read_checkpoint

    predictor, weights = build_predictor(model, compiled=compiled), context.weights_of(model)
    if weights == RANDOM:
        make_lively(predictor)
    else:
        predictor.load_state_dict(read_checkpoint(Path(weights)))
    return predictor.to(context.settings.device)
