"""The networks of a MaskTrack R-CNN with its weights, on an engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from datasets.io.files import read_json
from trackers.engines.card import CARD
from trackers.engines.checkpoint import check_state, read_checkpoint
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
        FileNotFoundError: There is no such file.
        ValueError: It is no file of weights of what the card says.
    """
    from trackers.mask_rcnn.architecture import build_model

    model, state = build_model(card.size, len(card.classes)), read_checkpoint(weights)
    reason = f"{weights}: no weights of size {card.size!r} and {len(card.classes)} classes"
    check_state(reason, model.state_dict(), state)
    model.load_state_dict(state)
    return model


def load_segmenter(weights: str, run: Runner, limits: Limits) -> Segmenter:
    """Return the networks.

    Raises:
        FileNotFoundError: A file is not there.
        ValueError: There is no such engine, precision or mode, or a file is not what it should be.
        RuntimeError: The engine has no such device, or TensorRT is not installed.
    """
    run.check()
    if run.networks is None:
        return _on_torch(Path(weights), run, limits)
    folder = Path(run.networks)
    if run.engine == "onnxruntime":
        return _on_onnxruntime(folder, run.device, limits)
    return _on_tensorrt(folder, folder.parent, limits)


def _on_torch(weights: Path, run: Runner, limits: Limits) -> Segmenter:
    from trackers.engines.torch_engine import DTYPES, TorchArrays, TorchEngine
    from trackers.mask_rcnn.modules import modules

    card = read_card(weights)
    arrays = TorchArrays(run.device, DTYPES[run.precision])
    made = modules(load_model(weights, card), CONVENTIONS[card.convention])
    modes = dict.fromkeys(made, "eager") | {"pyramid": run.torch_mode}  # one shape alone
    engines = {name: TorchEngine(module, arrays, modes[name]) for name, module in made.items()}
    return Segmenter(engines, arrays, card, limits)


def _on_onnxruntime(folder: Path, device: str, limits: Limits) -> Segmenter:
    from trackers.engines.numpy_arrays import NumpyArrays
    from trackers.engines.onnx_engine import OnnxEngine

    facts = read_facts(folder)
    engines = {name: OnnxEngine(folder / f"{name}.onnx", device) for name in NETWORKS}
    dtype = np.float16 if facts["precision"] == "fp16" else np.float32
    return Segmenter(engines, NumpyArrays(dtype), _card(folder, facts), limits)


def _on_tensorrt(folder: Path, onnx: Path, limits: Limits) -> Segmenter:
    from trackers.engines.tensorrt_engine import TensorrtEngine
    from trackers.engines.torch_engine import DTYPES, TorchArrays

    facts = read_facts(folder)
    engines = {
        name: TensorrtEngine(folder / f"{name}.engine", onnx / f"{name}.onnx") for name in NETWORKS
    }
    arrays = TorchArrays("cuda", DTYPES[facts["precision"]])
    return Segmenter(engines, arrays, _card(folder, facts), limits)


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what `networks.json` says; FileNotFoundError if there is none."""
    path = folder / CARD
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file: export the model first")
    facts: dict[str, Any] = read_json(path)
    return facts


def _card(folder: Path, facts: Mapping[str, Any]) -> Card:
    return parse_card(str(folder / CARD), facts["card"])
