"""Checkpoints of MaskTrack R-CNN from elsewhere → safetensors with a card.

    python -m trackers.mask_rcnn.convert epoch_12.pth --layout masktrack_rcnn --size r50
        --classes youtube_vis_2019 --output masktrack_rcnn_r50.safetensors

| layout | of | background |
|---|---|---|
| `masktrack_rcnn` | the authors' repository (mmdetection 0.5) | class 0 |
| `mmtracking` | OpenMMLab's (mmdetection 2) | the last class, and none where boxes and masks are |

The background becomes class 0, as in torchvision. Every tensor must find its place, and every place
its tensor.
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

_FIT = (640, 360)  # width and height that both were trained with
_PLACES = (
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
    """Return the weights as `architecture.build_model` has them.

    Args:
        state: By the layout's names.

    Raises:
        ValueError: A tensor has no place, a place no tensor, or one is of another shape.
    """
    place_of = {name: _place(name) for name in state if not _UNUSED.search(name)}
    placed = {place: state[name] for name, place in place_of.items() if place is not None}
    if layout == "mmtracking":
        placed = {place: _background_first(place, each) for place, each in placed.items()}
    expected = build_model(card.size, len(card.classes)).state_dict()
    expected = {name: each for name, each in expected.items() if not _UNUSED.search(name)}
    left = sorted(name for name, place in place_of.items() if place not in expected)
    missing = sorted({*expected} - {*placed})
    other = sorted(
        f"{name} {tuple(placed[name].shape)} for {tuple(each.shape)}"
        for name, each in expected.items()
        if name in placed and placed[name].shape != each.shape
    )
    for what, names in (("have no place", left), ("are missing", missing), ("differ", other)):
        if names:
            raise ValueError(f"{len(names)} tensors {what}: {', '.join(names[:3])}")
    return {name: placed[name].float().contiguous() for name in expected}


def _place(name: str) -> str | None:
    short = name.removeprefix("detector.").removeprefix("roi_head.")
    for pattern, place in _PLACES:
        found = re.fullmatch(pattern, short)
        if found:
            return found.expand(place)
    return None


def _background_first(place: str, tensor: Tensor) -> Tensor:
    rows: dict[str, Callable[[], Tensor]] = {
        "cls_score": lambda: torch.cat([tensor[-1:], tensor[:-1]]),
        "bbox_pred": lambda: torch.cat([torch.zeros_like(tensor[:4]), tensor]),
        "mask_fcn_logits": lambda: torch.cat([torch.zeros_like(tensor[:1]), tensor]),
    }
    head = place.split(".")[-2]
    return rows[head]() if "predictor" in place and head in rows else tensor


def read_state(path: Path, *, trusted: bool = False) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint by name.

    Args:
        trusted: Whether what else is in the file may be run as Python; it is old files that need
            it.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no checkpoint, or holds more than tensors.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        content: Any = torch.load(path, "cpu", weights_only=not trusted)
    except (UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        hint = "" if trusted else "; --trusted reads a file that holds more than tensors"
        raise ValueError(f"{path}: no readable checkpoint: {error}{hint}") from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not state or not all(isinstance(each, Tensor) for each in state.values()):
        raise ValueError(f"{path}: no tensors by name, nor below state_dict")
    return dict(state)


def class_names(given: Many[str]) -> tuple[str, ...]:
    """Return names of classes, or those of the list that is named."""
    return YOUTUBE_VIS.get(given[0], tuple(given)) if len(given) == 1 else tuple(given)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--layout", choices=LAYOUTS, required=True)
    parser.add_argument("--size", choices=SIZES, required=True)
    parser.add_argument("--classes", nargs="+", required=True, help=f"or one of {[*YOUTUBE_VIS]}")
    parser.add_argument("--trusted", action="store_true", help="run what the file holds as Python")
    parser.add_argument("--output", type=Path, required=True, help="....safetensors")
    args = parser.parse_args()
    card = Card(args.size, class_names(args.classes), args.layout, _FIT)
    state = convert(read_state(args.checkpoint, trusted=args.trusted), args.layout, card)
    with replacing(args.output) as part:
        part.write_bytes(save(state, write_card(card)))


if __name__ == "__main__":
    sys.exit(run_main(main))
