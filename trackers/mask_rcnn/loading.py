"""Load the networks of a MaskTrack R-CNN on an engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trackers.engines.card import CARD
from trackers.engines.checkpoint import check_state, read_checkpoint
from trackers.engines.network_folder import NetworkFolder, open_onnx, open_tensorrt
from trackers.engines.runner import Runner
from trackers.mask_rcnn.card import Card, parse_card, read_card
from trackers.mask_rcnn.conventions import CONVENTIONS
from trackers.mask_rcnn.options import Limits
from trackers.mask_rcnn.segmenter import Segmenter

if TYPE_CHECKING:
    from trackers.mask_rcnn.architecture import MaskTrackRcnn

NETWORKS = ("pyramid", "classify", "embed", "segment")


def load_model(weights: Path, card: Card) -> MaskTrackRcnn:
    """Return a model with its weights, in evaluation mode.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The weights do not match the network card.
    """
    from trackers.mask_rcnn.architecture import build_model

    model, state = build_model(card.size, len(card.classes)), read_checkpoint(weights)
    reason = f"{weights}: not weights of size {card.size!r} with {len(card.classes)} classes"
    check_state(reason, model.state_dict(), state)
    model.load_state_dict(state)
    return model


def load_segmenter(weights: str, run: Runner, limits: Limits) -> Segmenter:
    """Return a segmenter with its networks loaded.

    Args:
        weights: File of the weights, used by PyTorch.
        run: The engine, its device and its precision.
        limits: Limits of the objects that are kept.

    Raises:
        FileNotFoundError: A file does not exist.
        ValueError: The engine, precision or mode is unknown, or a file is invalid.
        RuntimeError: The engine does not have the device, or TensorRT is not installed.
    """
    run.check()
    if run.networks is None:
        return _on_torch(Path(weights), run, limits)
    folder = Path(run.networks)
    if run.engine == "onnxruntime":
        return _from_folder(folder, open_onnx(folder, NETWORKS, run.device), limits)
    return _from_folder(folder, open_tensorrt(folder, folder.parent, NETWORKS), limits)


def _on_torch(weights: Path, run: Runner, limits: Limits) -> Segmenter:
    from trackers.engines.torch_engine import DTYPES, TorchArrays, TorchEngine
    from trackers.mask_rcnn.modules import modules

    card = read_card(weights)
    arrays = TorchArrays(run.device, DTYPES[run.precision])
    networks = modules(load_model(weights, card), CONVENTIONS[card.convention])
    # the inputs of the other networks vary in shape
    modes = dict.fromkeys(networks, "eager") | {"pyramid": run.torch_mode}
    engines = {name: TorchEngine(module, arrays, modes[name]) for name, module in networks.items()}
    return Segmenter(engines, arrays, card, limits)


def _from_folder(folder: Path, opened: NetworkFolder, limits: Limits) -> Segmenter:
    card = parse_card(str(folder / CARD), opened.facts["card"])
    return Segmenter(opened.engines, opened.arrays, card, limits)
