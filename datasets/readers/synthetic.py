"""Synthetic people, generated: exact boxes, masks, identities and visibility, and detections.

A sequence is named after its scenario, optionally with a number: `crowd`, `crowd-02`. Each number
is another random draw; `split` separates training from test draws. Nothing is read or downloaded,
and a seed gives the same pixels and labels on every machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.folders import replacing_folder
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.media.frames import write_image
from datasets.sequences.sequence_json import Prepared
from datasets.synthesis.rendering import Label, play
from datasets.synthesis.scripts import HEIGHT, SCENARIOS, WIDTH, figure_height
from datasets.types import NO_TRACK, Extent, Sequence, Tracks

_FRAME_RATE = 25
_CLASSES = {1: "person"}
_SPLITS = ("train", "test")


@dataclass(frozen=True)
class _Detector:
    """Error model of the public detections; see `read`."""

    miss: float
    hidden_miss: float
    false_alarms: float
    jitter: float


def locate(root: str | None) -> None:
    """Return None: the data set is generated."""
    if root is not None:
        raise ValueError(f"root: expected none for a generated data set, found {root!r}")


def inputs(root: Path | None, sequence: str, **options: Any) -> list[Path]:
    """Return no files, after validating the name."""
    _parse(sequence)
    return []


def read(
    dataset: str,
    root: Path | None,
    sequence: str,
    folder: Path,
    *,
    split: str = "test",
    seed: int = 1,
    miss: float = 0.06,
    hidden_miss: float = 0.75,
    false_alarms: float = 0.5,
    jitter: float = 0.04,
) -> Prepared:
    """Generate a sequence, with its images below `folder`.

    Args:
        split: `train` or `test`; the same seed gives different sequences for each.
        miss: Share of fully visible people that the detector misses.
        hidden_miss: Additional share that it misses as visibility goes from 1 to 0.
        false_alarms: Mean number of false positives per frame, at most 4.
        jitter: Maximum error of each side of a box, in box widths or heights; larger for occluded
            people.
    """
    scenario, number = _parse(sequence)
    if split not in _SPLITS:
        raise ValueError(f"split: expected one of {list(_SPLITS)}, found {split!r}")
    key = [seed, _SPLITS.index(split), list(SCENARIOS).index(scenario), number]
    rng = np.random.Generator(np.random.PCG64(key))
    script = SCENARIOS[scenario](rng)
    detector = _Detector(miss, hidden_miss, false_alarms, jitter)
    labels, found = [], []
    with replacing_folder(folder / "images", ["*.png"]) as images:
        for frame, (image, visible) in enumerate(play(rng, script)):
            write_image(images / f"{frame:06d}.png", image)
            labels += [(frame, label) for label in visible]
            found += [(frame, *each) for each in _detect(rng, detector, visible)]
    extent = Extent(HEIGHT, WIDTH, script.frame_count, _CLASSES)
    return Prepared(
        Sequence(dataset, sequence, extent, _FRAME_RATE, images="images"),
        _truth(extent, labels),
        _detections(extent, found),
    )


def _parse(sequence: str) -> tuple[str, int]:
    match = re.fullmatch(r"([a-z_]+?)(?:-(\d+))?", sequence)
    if match is None or match[1] not in SCENARIOS:
        raise ValueError(
            f"unknown sequence {sequence!r}: expected one of {list(SCENARIOS)}, "
            "optionally with a number, as in 'crowd-02'"
        )
    return match[1], int(match[2] or 0)


def _detect(
    rng: np.random.Generator, detector: _Detector, visible: list[Label]
) -> list[tuple[np.ndarray, float]]:
    """Return (box, score) of the detections of one frame, in random order."""
    found = []
    for label in visible:
        hidden = 1 - label.visibility
        if rng.random() < detector.miss + detector.hidden_miss * hidden:
            continue
        size = np.tile(label.box[2:] - label.box[:2], 2)
        spread = detector.jitter * (1 + hidden) * (rng.random(4) + rng.random(4) - 1)
        score = 0.97 - 0.5 * hidden - 0.25 * float(rng.random()) * float(rng.random())
        found.append((label.box + size * spread, score))
    alarms = int((rng.random(4) < detector.false_alarms / 4).sum())
    found += [(_anywhere(rng), 0.1 + 0.55 * float(rng.random())) for _ in range(alarms)]
    return [found[i] for i in np.argsort(rng.random(len(found)))]


def _anywhere(rng: np.random.Generator) -> np.ndarray:
    """Return a box with the proportions of a person and its feet on the floor."""
    foot = 130 + (HEIGHT - 130) * float(rng.random())
    height = figure_height(foot) * (0.8 + 0.4 * float(rng.random()))
    x = WIDTH * float(rng.random())
    return np.array([x - 0.22 * height, foot - height, x + 0.22 * height, foot])


def _truth(extent: Extent, labels: list[tuple[int, Label]]) -> Tracks:
    runs = (coco_rle.encode(label.mask[None]).runs[0] for _, label in labels)
    return Tracks(
        extent,
        frame=np.array([frame for frame, _ in labels]),
        track=np.array([label.identity for _, label in labels]),
        class_id=np.ones(len(labels)),
        score=np.ones(len(labels)),
        box=np.array([label.box for _, label in labels]),
        rle=Masks.read(runs, extent.height, extent.width),
        visibility=np.array([label.visibility for _, label in labels]),
    )


def _detections(extent: Extent, found: list[tuple[int, np.ndarray, float]]) -> Tracks:
    return Tracks(
        extent,
        frame=np.array([frame for frame, _, _ in found]),
        track=np.full(len(found), NO_TRACK),
        class_id=np.ones(len(found)),
        score=np.array([score for _, _, score in found]).clip(0.05, 1),
        box=np.array([box for _, box, _ in found]),
    )
