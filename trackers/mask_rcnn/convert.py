"""Convert MaskTrack R-CNN checkpoints of other projects → safetensors with a network card.

    python -m trackers.mask_rcnn.convert epoch_12.pth --layout masktrack_rcnn --size r50
        --classes youtube_vis_2019 --output masktrack_rcnn_r50.safetensors

| layout | project | background |
|---|---|---|
| `masktrack_rcnn` | the authors' repository (mmdetection 0.5) | class 0 |
| `mmtracking` | OpenMMLab's (mmdetection 2) | the last class of scores; none in boxes and masks |

The background becomes class 0, as in torchvision. Every tensor of the checkpoint must have a
counterpart in the model, and vice versa.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from datasets.io.files import replacing
from datasets.io.program import run_main
from trackers.mask_rcnn.architecture import build_model
from trackers.mask_rcnn.card import Card, write_card
from trackers.mask_rcnn.sizes import SIZES
from trackers.mask_rcnn.youtube_vis import YOUTUBE_VIS

_FIT = (640, 360)  # width and height that both projects train with
_NAMES = (
    (r"backbone\.(.*)", r"detector.backbone.body.\1"),
    (r"neck\.lateral_convs\.(\d)\.conv\.(.*)", r"detector.backbone.fpn.inner_blocks.\1.0.\2"),
    (r"neck\.fpn_convs\.(\d)\.conv\.(.*)", r"detector.backbone.fpn.layer_blocks.\1.0.\2"),
    (r"rpn_head\.rpn_conv\.(.*)", r"detector.rpn.head.conv.0.0.\1"),
    (r"rpn_head\.rpn_cls\.(.*)", r"detector.rpn.head.cls_logits.\1"),
    (r"rpn_head\.rpn_reg\.(.*)", r"detector.rpn.head.bbox_pred.\1"),
    (r"bbox_head\.shared_fcs\.0\.(.*)", r"detector.roi_heads.box_head.fc6.\1"),
    (r"bbox_head\.shared_fcs\.1\.(.*)", r"detector.roi_heads.box_head.fc7.\1"),
    (r"bbox_head\.fc_cls\.(.*)", r"detector.roi_heads.box_predictor.cls_score.\1"),
    (r"bbox_head\.fc_reg\.(.*)", r"detector.roi_heads.box_predictor.bbox_pred.\1"),
    (r"mask_head\.convs\.(\d)\.conv\.(.*)", r"detector.roi_heads.mask_head.\1.0.\2"),
    (r"mask_head\.upsample\.(.*)", r"detector.roi_heads.mask_predictor.conv5_mask.\1"),
    (r"mask_head\.conv_logits\.(.*)", r"detector.roi_heads.mask_predictor.mask_fcn_logits.\1"),
    (r"track_head\.(?:embed_head\.)?fcs\.(\d)\.(.*)", r"track_head.fcs.\1.\2"),
)
_UNUSED = re.compile(r"num_batches_tracked$")
LAYOUTS = ("masktrack_rcnn", "mmtracking")


def convert(state: Mapping[str, Tensor], layout: str, card: Card) -> dict[str, Tensor]:
    """Return the weights by the names of `architecture.build_model`.

    Args:
        state: Tensors by the names of the layout.
        layout: A name of `LAYOUTS`.
        card: The model's size and classes.

    Raises:
        ValueError: A tensor is unknown or missing, or has another shape than the model's.
    """
    own_names = {name: _own_name(name) for name in state if not _UNUSED.search(name)}
    renamed = {own: state[name] for name, own in own_names.items() if own is not None}
    if layout == "mmtracking":
        renamed = {own: _background_first(own, each) for own, each in renamed.items()}
    expected = build_model(card.size, len(card.classes)).state_dict()
    expected = {name: each for name, each in expected.items() if not _UNUSED.search(name)}
    unknown = sorted(name for name, own in own_names.items() if own not in expected)
    missing = sorted({*expected} - {*renamed})
    differing = sorted(
        f"{name}: expected {tuple(each.shape)}, found {tuple(renamed[name].shape)}"
        for name, each in expected.items()
        if name in renamed and renamed[name].shape != each.shape
    )
    for problem, names in (
        ("are unknown", unknown),
        ("are missing", missing),
        ("have another shape", differing),
    ):
        if names:
            raise ValueError(f"{len(names)} tensors {problem}: {', '.join(names[:3])}")
    return {name: renamed[name].float().contiguous() for name in expected}


def _own_name(name: str) -> str | None:
    short = name.removeprefix("detector.").removeprefix("roi_head.")
    for pattern, own in _NAMES:
        match = re.fullmatch(pattern, short)
        if match:
            return match.expand(own)
    return None


def _background_first(name: str, tensor: Tensor) -> Tensor:
    rows: dict[str, Callable[[], Tensor]] = {
        "cls_score": lambda: torch.cat([tensor[-1:], tensor[:-1]]),
        "bbox_pred": lambda: torch.cat([torch.zeros_like(tensor[:4]), tensor]),
        "mask_fcn_logits": lambda: torch.cat([torch.zeros_like(tensor[:1]), tensor]),
    }
    head = name.split(".")[-2]
    return rows[head]() if "predictor" in name and head in rows else tensor


def read_state(path: Path, *, trusted: bool = False) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint by name.

    Args:
        trusted: Whether pickled Python objects in the file may be executed, as old checkpoints
            need.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a checkpoint, or contains more than tensors and is not trusted.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        content: Any = torch.load(path, "cpu", weights_only=not trusted)
    except (UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        hint = "" if trusted else "; --trusted reads files that contain more than tensors"
        raise ValueError(f"{path}: not a readable checkpoint: {error}{hint}") from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not state or not all(isinstance(each, Tensor) for each in state.values()):
        raise ValueError(f"{path}: expected named tensors, at the top or under state_dict")
    return dict(state)


def class_names(names: Many[str]) -> tuple[str, ...]:
    """Return the class names, or those of a list in `YOUTUBE_VIS` if its name is given."""
    return YOUTUBE_VIS.get(names[0], tuple(names)) if len(names) == 1 else tuple(names)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path, help="checkpoint file of the project")
    parser.add_argument("--layout", choices=LAYOUTS, required=True)
    parser.add_argument("--size", choices=SIZES, required=True)
    parser.add_argument(
        "--classes", nargs="+", required=True, help=f"class names, or one of {[*YOUTUBE_VIS]}"
    )
    parser.add_argument(
        "--trusted", action="store_true", help="execute pickled Python objects in the file"
    )
    parser.add_argument("--output", type=Path, required=True, help="file name.safetensors")
    args = parser.parse_args()
    card = Card(args.size, class_names(args.classes), args.layout, _FIT)
    state = convert(read_state(args.checkpoint, trusted=args.trusted), args.layout, card)
    with replacing(args.output) as part:
        part.write_bytes(save(state, write_card(card)))


if __name__ == "__main__":
    sys.exit(run_main(main))
