"""Flags of `workflow.video`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

from datasets.conversion.registry import FORMATS
from datasets.io.flags import (
    frame_index,
    frames_per_second,
    json_mapping,
    json_value,
    positive_int,
)
from datasets.media.video_reader import ACCEPT
from datasets.zone import Zone
from trackers.sam2.options import Size

MASK_FORMATS = ("davis", "mots", "mots_challenge", "youtube_vis_results", "coco_results")


def parse_flags(description: str) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(
        usage="python -m workflow.video SOURCE --variant NAME --output FOLDER [options]",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=Path, metavar="SOURCE", help="video file or image folder")
    parser.add_argument(
        "--variant", required=True, metavar="NAME", help="variant of config/trackers.yaml"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="new folder")
    _add_tracking_flags(parser.add_argument_group("what to track"))
    _add_model_flags(parser.add_argument_group("models"))
    _add_frame_flags(parser.add_argument_group("which frames"))
    _add_output_flags(parser.add_argument_group("what to write"))
    args = parser.parse_args()
    if args.video_fps is not None and not args.video:
        parser.error("--video-fps: expected --video too, found none")
    if args.png and args.no_frames:
        parser.error("--png: expected annotated frames, found --no-frames")
    if args.checkpoint is not None and args.sam2 is None and args.model_config is None:
        parser.error("--checkpoint: expected --sam2 SIZE or --model-config FILE too, found neither")
    if args.model_config is not None and (args.checkpoint is None or args.sam2 is not None):
        parser.error("--model-config: expected --checkpoint FILE too, and no --sam2")
    if args.prompts and args.classes:
        parser.error("--classes: expected none with --prompts, whose names are the classes")
    return args


def _add_tracking_flags(group: Any) -> None:
    group.add_argument(
        "--prompts",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="what to track: LabelMe files (a folder of them), or boxes of the first frame as JSON",
    )
    group.add_argument(
        "--classes", nargs="+", metavar="NAME", help="classes to detect (default: person)"
    )
    group.add_argument(
        "--zone",
        type=_zone,
        metavar="ZONE",
        help="left,top,width,height in pixels, or corners as JSON [[x,y], ...]: writes who enters "
        "and leaves; yolo_sam2 tracks only what reaches it",
    )
    group.add_argument(
        "--key-frame",
        type=frame_index,
        metavar="N",
        help="tracked frame, from 0, whose detections yolo_sam2_article tracks (default: 30)",
    )
    group.add_argument(
        "--mask-threshold",
        type=float,
        metavar="LOGIT",
        help="logit above which a pixel belongs to a mask of sam2_prompted (default: 0)",
    )


def _add_model_flags(group: Any) -> None:
    group.add_argument(
        "--detector",
        metavar="CARD",
        help="network card of a detector, such as config/cards/yolox_nano.yaml",
    )
    group.add_argument(
        "--sam2",
        choices=get_args(Size),
        help="SAM 2.1 of this size, with the official weights in data/weights/",
    )
    group.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="weights of SAM 2 to use instead"
    )
    group.add_argument(
        "--model-config",
        type=Path,
        metavar="FILE",
        help="model configuration of the checkpoint, a YAML file as in the package sam2",
    )
    group.add_argument(
        "--device", metavar="NAME", help="cpu (default) or cuda, of SAM 2 or else the detector"
    )
    group.add_argument(
        "--options",
        type=json_mapping,
        default={},
        metavar="JSON",
        help="further options of the variant's method, see its options.py",
    )
    group.add_argument(
        "--config",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="config files laid over config/, with variants of your own",
    )


def _add_frame_flags(group: Any) -> None:
    group.add_argument(
        "--stride", type=positive_int, default=1, metavar="N", help="track every N-th frame"
    )
    group.add_argument(
        "--max-frames", type=positive_int, metavar="N", help="track only the first N of these"
    )
    group.add_argument(
        "--fps",
        type=frames_per_second,
        metavar="RATE",
        help="frame rate of SOURCE (default: that of the video; 10 for images)",
    )
    group.add_argument(
        ACCEPT, action="store_true", help="read a damaged or truncated video as far as possible"
    )


def _add_output_flags(group: Any) -> None:
    group.add_argument("--video", action="store_true", help="write overlay.mp4")
    group.add_argument(
        "--video-fps",
        type=frames_per_second,
        metavar="RATE",
        help="frame rate of overlay.mp4 (default: that of the tracked frames)",
    )
    group.add_argument("--no-frames", action="store_true", help="write no annotated frames")
    group.add_argument("--png", action="store_true", help="annotated frames as PNG, not JPEG")
    group.add_argument(
        "--mask-format",
        choices=MASK_FORMATS,
        help="write the masks too, as PNG (davis), text or JSON",
    )
    group.add_argument(
        "--force",
        action="store_true",
        help="replace other results in the folder, or write beside other files",
    )


def _zone(text: str) -> list[Any]:
    """Return the numbers of a zone; ArgumentTypeError for an invalid one."""
    try:
        numbers: list[Any] = json_value(text if text.strip().startswith("[") else f"[{text}]")
        Zone.of(numbers)
    except (ValueError, argparse.ArgumentTypeError):
        raise argparse.ArgumentTypeError(
            "expected left,top,width,height or the corners of a polygon as JSON, [[x,y], ...], "
            f"found {text[:80]!r}"
        ) from None
    return numbers


def check_mask_format(name: str | None, classes: list[str]) -> dict[str, str]:
    """Return new names by class name that a mask format needs: MOTS calls a person a pedestrian.

    Raises:
        ValueError: The format has no such class.
    """
    known = None if name in (None, "davis") else FORMATS[str(name)].classes
    if known is None:
        return {}
    names = {"person": "pedestrian"} if "pedestrian" in known.values() else {}
    unknown = [each for each in classes if names.get(each, each) not in known.values()]
    if unknown:
        expected = sorted(known.values())
        raise ValueError(f"--mask-format: {name} has the classes {expected}, found {unknown[0]!r}")
    return names
