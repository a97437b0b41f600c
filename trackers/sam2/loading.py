"""Load the networks of a SAM 2 model on an engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trackers.engines.checkpoint import check_state, read_checkpoint
from trackers.engines.runner import Runner
from trackers.sam2.networks import Networks, on_onnxruntime, on_tensorrt, on_torch

if TYPE_CHECKING:
    from sam2.modeling.sam2_base import SAM2Base

RANDOM = "random"  # in place of a file: random weights with a fixed seed


def load_networks(size: str, weights: str, run: Runner) -> Networks:
    """Return the networks of a model.

    Args:
        size: `demo`, `tiny`, `small`, `base_plus` or `large`, or a model configuration file.
        weights: File of the weights, `.safetensors` or the official `.pt`; `random` draws them.
        run: The engine, its device and its precision.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The size, engine, precision or mode is unknown, or the file is not a checkpoint
            of this size.
    """
    run.check()
    if run.networks is not None:
        folder = Path(run.networks)
        if run.engine == "onnxruntime":
            return on_onnxruntime(folder, run.device)
        return on_tensorrt(folder, folder.parent)
    from trackers.engines.torch_engine import DTYPES, TorchArrays  # loads torch

    arrays = TorchArrays(run.device, DTYPES[run.precision])
    return on_torch(load_model(size, weights), arrays, run.torch_mode)


def load_model(size: str, weights: str) -> SAM2Base:
    """Return a model with its weights, in evaluation mode; raises as `load_networks`."""
    import torch

    from trackers.sam2.architecture import build_model

    state = None if weights == RANDOM else read_checkpoint(Path(weights))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(size)
    if state is not None:
        check_state(f"{weights}: not a checkpoint of size {size!r}", model.state_dict(), state)
        model.load_state_dict(state)
    return model
