"""One step of MaskTrack R-CNN's training: pairs of frames of one video, and the loss.

Each frame of a pair is taught to find what is in it, and to tell which of it is in the other; the
original teaches the first alone. Source: Yang, Fan, Xu, Video Instance Segmentation, ICCV 2019,
arXiv 1905.04804, section 4; Mask R-CNN's losses are torchvision's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import fastrcnn_loss, maskrcnn_loss

from datasets.formats.parquet import read_tracks
from datasets.masks import coco_rle
from datasets.media.frames import list_images, read_image
from datasets.sequences.sequence_json import read_sequence
from datasets.types import Tracks
from trackers.mask_rcnn.architecture import MaskTrackRcnn
from trackers.mask_rcnn.card import Card
from trackers.mask_rcnn.fit import fit, fitted_size
from trackers.parts.class_names import synonyms
from trackers.parts.dense_masks import tight_boxes

_HALF = 0.5  # of pairs are mirrored
_LEAST_SIDE = 1.0  # of a box in the input
_LIGHT = 0.15  # how much brighter or darker a pair may be


@dataclass(frozen=True)
class Video:
    """A sequence to learn from.

    Args:
        images: Its frames' files.
        truth: With masks and identities.
        frames: Those in which something is labelled.
    """

    images: list[Path]
    truth: Tracks
    frames: np.ndarray


@dataclass(frozen=True)
class Lesson:
    """Frames side by side, each with the other of its pair beside it.

    Args:
        images: (2 P, 3, H, W), frames 2 k and 2 k + 1 of one video.
        sizes: Height and width of each image in its input.
        targets: For each: `boxes` (N, 4), `labels` (N,) from 1, `masks` (N, H, W) uint8, and
            `identities` (N,).
    """

    images: Tensor
    sizes: list[tuple[int, int]]
    targets: list[dict[str, Tensor]]

    def to(self, device: torch.device) -> Lesson:
        """Return the lesson on a device."""
        targets = [{key: each.to(device) for key, each in one.items()} for one in self.targets]
        return Lesson(self.images.to(device), self.sizes, targets)


def read_videos(folder: Path, card: Card, reach: int) -> list[Video]:
    """Return the prepared sequences below a folder that can be learnt from.

    What is of an ignored class is left out.

    Args:
        reach: A video must have two labelled frames that are no farther apart.

    Raises:
        ValueError: There are none, or one is no folder of images, or lacks masks, or has a class
            that the card has not.
    """
    videos = []
    for path in sorted(folder.glob("*/sequence.json")):
        sequence, truth = read_sequence(path), read_tracks(path.parent / "truth.parquet")
        if truth.rle is None or sequence.images is None or not Path(sequence.images).is_dir():
            raise ValueError(f"{path}: masks and a folder of images expected")
        truth = truth.take(~np.isin(truth.class_id, truth.extent.ignored))
        _numbers(truth, card, path)
        frames = np.unique(truth.frame)
        if len(frames) > 1 and np.diff(frames).min() <= reach:
            videos.append(Video(list_images(Path(sequence.images)), truth, frames))
    if not videos:
        raise ValueError(
            f"{folder}: no prepared sequence with two labelled frames at most {reach} apart in it"
        )
    return videos


def _numbers(truth: Tracks, card: Card, place: Path | str = "truth") -> dict[int, int]:
    """Return the network's number, from 1, of each class id; ValueError if one has none."""
    used = {key: truth.extent.classes[key] for key in np.unique(truth.class_id).tolist()}
    numbers = {
        key: number
        for key, name in used.items()
        for number, each in enumerate(card.classes, start=1)
        if each in synonyms(name)
    }
    missing = sorted(name for key, name in used.items() if key not in numbers)
    if missing:
        raise ValueError(f"{place}: classes {missing} are not among {list(card.classes)}")
    return numbers


def draw_pairs(
    draw: np.random.Generator, videos: Many[Video], reach: int
) -> Iterator[tuple[Video, int, int]]:
    """Yield a video and two labelled frames of it, without end.

    Args:
        reach: Frames between the two, at most.
    """
    while True:
        video = videos[int(draw.integers(len(videos)))]
        first = int(draw.choice(video.frames))
        near = video.frames[abs(video.frames - first) <= reach]
        near = near[near != first]
        if len(near):
            yield video, first, int(draw.choice(near))


def make_lesson(
    draw: np.random.Generator, pairs: Iterator[tuple[Video, int, int]], count: int, card: Card
) -> Lesson:
    """Return the next pairs, each in another light, half of them mirrored."""
    images, sizes, targets = [], [], []
    for _ in range(count):
        video, *frames = next(pairs)
        mirrored = bool(draw.random() < _HALF)
        light = draw.uniform(1 - _LIGHT, 1 + _LIGHT, 3)
        for frame in frames:
            image = read_image(video.images[frame])
            image = (image * light).clip(0, 255).astype(np.uint8)
            image = np.ascontiguousarray(image[:, ::-1]) if mirrored else image
            filled, size = fit(image, card)
            images.append(filled)
            sizes.append(size)
            targets.append(_target(video.truth, frame, card, mirrored=mirrored))
    return Lesson(torch.from_numpy(np.stack(images)), sizes, targets)


def _target(truth: Tracks, frame: int, card: Card, *, mirrored: bool) -> dict[str, Tensor]:
    rows = truth.take(np.arange(*np.searchsorted(truth.frame, [frame, frame + 1])))
    assert rows.rle is not None
    masks = coco_rle.decode(rows.rle)
    masks = masks[:, :, ::-1] if mirrored else masks
    height, width = fitted_size(masks.shape[1], masks.shape[2], card)
    filled = np.zeros((len(masks), *card.input), np.uint8)
    for each, mask in zip(filled, masks.astype(np.uint8), strict=True):
        each[:height, :width] = cv2.resize(
            np.ascontiguousarray(mask), (width, height), interpolation=cv2.INTER_NEAREST
        )
    there, box = tight_boxes(filled > 0)
    large = (box[:, 2:] - box[:, :2] > _LEAST_SIDE).all(1)
    there, box = there[large], box[large]
    numbers = _numbers(rows, card)
    labels = np.array([numbers[key] for key in rows.class_id[there].tolist()], np.int64)
    return {
        "boxes": torch.from_numpy(box.astype(np.float32)).reshape(-1, 4),
        "labels": torch.from_numpy(labels),
        "masks": torch.from_numpy(filled[there]),
        "identities": torch.from_numpy(rows.track[there]),
    }


def losses_of(model: MaskTrackRcnn, lesson: Lesson) -> dict[str, Tensor]:
    """Return the losses of a lesson by name: Mask R-CNN's five, and `track`."""
    detector: Any = model.detector
    features = detector.backbone(lesson.images)
    images = ImageList(lesson.images, lesson.sizes)
    proposals, losses = detector.rpn(images, features, lesson.targets)
    heads, targets = detector.roi_heads, lesson.targets
    boxes, matched, labels, moves = heads.select_training_samples(proposals, targets)
    pooled = heads.box_roi_pool(features, boxes, lesson.sizes)
    logits, found = heads.box_predictor(heads.box_head(pooled))
    losses["classes"], losses["boxes"] = fastrcnn_loss(logits, found, labels, moves)
    positive = [torch.where(label > 0)[0] for label in labels]
    met = [match[rows] for match, rows in zip(matched, positive, strict=True)]
    some = [box[rows] for box, rows in zip(boxes, positive, strict=True)]
    masks = heads.mask_roi_pool(features, some, lesson.sizes)
    losses["masks"] = maskrcnn_loss(
        heads.mask_predictor(heads.mask_head(masks)),
        some,
        [target["masks"] for target in targets],
        [target["labels"] for target in targets],
        met,
    )
    whole = heads.box_roi_pool(features, [target["boxes"] for target in targets], lesson.sizes)
    known = model.track_head(whole).split([len(target["boxes"]) for target in targets])
    seen = pooled.split([len(box) for box in boxes])
    vectors = [model.track_head(each[rows]) for each, rows in zip(seen, positive, strict=True)]
    losses["track"] = _track_loss(vectors, known, met, targets)
    return dict(losses)


def _track_loss(
    vectors: Many[Tensor],
    known: Many[Tensor],
    met: Many[Tensor],
    targets: Many[Mapping[str, Tensor]],
) -> Tensor:
    """Return the mean over frames of how surely each box is given to its object in the other.

    Args:
        vectors: Of each frame's boxes that are on an object, (K, D).
        known: Of each frame's objects, (N, D).
        met: The object that each box is on, (K,).
    """
    total = torch.zeros((), device=vectors[0].device)
    for number, (vector, object_of) in enumerate(zip(vectors, met, strict=True)):
        other = number ^ 1
        score = vector @ known[other].T
        score = torch.cat([score.new_zeros(len(score), 1), score], 1)
        own = targets[number]["identities"][object_of]
        same = own[:, None] == targets[other]["identities"]
        place = torch.where(same.any(1), same.float().argmax(1) + 1, 0) if same.numel() else 0 * own
        if len(vector):
            total = total + functional.cross_entropy(score, place)
    return total / len(vectors)
