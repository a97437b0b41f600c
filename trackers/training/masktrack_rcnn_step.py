"""A training step of MaskTrack R-CNN: pairs of frames of one video, and the loss.

Both frames of a pair contribute detection losses and a tracking loss against the other frame; the
original computes losses for the first frame only. Source: Yang, Fan, Xu, Video Instance
Segmentation, ICCV 2019, arXiv 1905.04804, section 4; Mask R-CNN's losses are torchvision's.
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

_MIRRORED = 0.5  # share of pairs
_MIN_SIDE = 1.0  # of a box in the input, in pixels
_BRIGHTNESS = 0.15  # maximum change, as a share


@dataclass(frozen=True)
class Video:
    """A sequence to train on.

    Args:
        images: Image files of the frames.
        truth: Ground truth with masks and track ids.
        frames: Frames with at least one labelled object.
    """

    images: list[Path]
    truth: Tracks
    frames: np.ndarray


@dataclass(frozen=True)
class Batch:
    """A batch of P pairs of frames.

    Args:
        images: (2 P, 3, H, W); images 2 k and 2 k + 1 are a pair from one video.
        sizes: Height and width of each image in the padded input.
        targets: Targets of each image: `boxes` (N, 4), `labels` (N,) from 1, `masks` (N, H, W)
            uint8, and `identities` (N,).
    """

    images: Tensor
    sizes: list[tuple[int, int]]
    targets: list[dict[str, Tensor]]

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        targets = [{key: each.to(device) for key, each in one.items()} for one in self.targets]
        return Batch(self.images.to(device), self.sizes, targets)


def read_videos(folder: Path, card: Card, reach: int) -> list[Video]:
    """Return the prepared sequences in a folder, without objects of ignored classes.

    Args:
        folder: A folder with a subfolder for each sequence.
        card: Network card with the classes.
        reach: Maximum distance, in frames, between two labelled frames; videos without two such
            frames are left out.

    Raises:
        ValueError: There is no such sequence, or one has no folder of images, no masks, or a class
            that the network card does not have.
    """
    videos = []
    for path in sorted(folder.glob("*/sequence.json")):
        sequence, truth = read_sequence(path), read_tracks(path.parent / "truth.parquet")
        if truth.rle is None or sequence.images is None or not Path(sequence.images).is_dir():
            raise ValueError(f"{path}: expected a sequence with masks and a folder of images")
        truth = truth.take(~np.isin(truth.class_id, truth.extent.ignored))
        _label_of_class(truth, card, path)
        frames = np.unique(truth.frame)
        if len(frames) > 1 and np.diff(frames).min() <= reach:
            videos.append(Video(list_images(Path(sequence.images)), truth, frames))
    if not videos:
        raise ValueError(
            f"{folder}: expected a prepared sequence with two labelled frames at most {reach} "
            "apart, found none"
        )
    return videos


def _label_of_class(truth: Tracks, card: Card, place: Path | str = "truth") -> dict[int, int]:
    """Return the network's label, from 1, of each class id; ValueError if a class is unknown."""
    used = {key: truth.extent.classes[key] for key in np.unique(truth.class_id).tolist()}
    labels = {
        key: label
        for key, name in used.items()
        for label, each in enumerate(card.classes, start=1)
        if each in synonyms(name)
    }
    unknown = sorted(name for key, name in used.items() if key not in labels)
    if unknown:
        raise ValueError(f"{place}: expected classes among {list(card.classes)}, found {unknown}")
    return labels


def draw_pairs(
    draw: np.random.Generator, videos: Many[Video], reach: int
) -> Iterator[tuple[Video, int, int]]:
    """Yield a random video and two of its labelled frames, forever.

    Args:
        draw: Source of random numbers.
        videos: The sequences.
        reach: Maximum distance between the two frames, in frames.
    """
    while True:
        video = videos[int(draw.integers(len(videos)))]
        first = int(draw.choice(video.frames))
        near = video.frames[abs(video.frames - first) <= reach]
        near = near[near != first]
        if len(near):
            yield video, first, int(draw.choice(near))


def make_batch(
    draw: np.random.Generator, pairs: Iterator[tuple[Video, int, int]], count: int, card: Card
) -> Batch:
    """Return a batch of the next `count` pairs, with random brightness and mirroring."""
    images, sizes, targets = [], [], []
    for _ in range(count):
        video, *frames = next(pairs)
        mirrored = bool(draw.random() < _MIRRORED)
        gain = draw.uniform(1 - _BRIGHTNESS, 1 + _BRIGHTNESS, 3)
        for frame in frames:
            image = read_image(video.images[frame])
            image = (image * gain).clip(0, 255).astype(np.uint8)
            image = np.ascontiguousarray(image[:, ::-1]) if mirrored else image
            padded, size = fit(image, card)
            images.append(padded)
            sizes.append(size)
            targets.append(_target(video.truth, frame, card, mirrored=mirrored))
    return Batch(torch.from_numpy(np.stack(images)), sizes, targets)


def _target(truth: Tracks, frame: int, card: Card, *, mirrored: bool) -> dict[str, Tensor]:
    rows = truth.take(np.arange(*np.searchsorted(truth.frame, [frame, frame + 1])))
    assert rows.rle is not None
    masks = coco_rle.decode(rows.rle)
    masks = masks[:, :, ::-1] if mirrored else masks
    height, width = fitted_size(masks.shape[1], masks.shape[2], card)
    padded = np.zeros((len(masks), *card.input), np.uint8)
    for each, mask in zip(padded, masks.astype(np.uint8), strict=True):
        each[:height, :width] = cv2.resize(
            np.ascontiguousarray(mask), (width, height), interpolation=cv2.INTER_NEAREST
        )
    kept, box = tight_boxes(padded > 0)
    large = (box[:, 2:] - box[:, :2] > _MIN_SIDE).all(1)
    kept, box = kept[large], box[large]
    label_of = _label_of_class(rows, card)
    labels = np.array([label_of[key] for key in rows.class_id[kept].tolist()], np.int64)
    return {
        "boxes": torch.from_numpy(box.astype(np.float32)).reshape(-1, 4),
        "labels": torch.from_numpy(labels),
        "masks": torch.from_numpy(padded[kept]),
        "identities": torch.from_numpy(rows.track[kept]),
    }


def batch_losses(model: MaskTrackRcnn, batch: Batch) -> dict[str, Tensor]:
    """Return the losses of a batch by name: Mask R-CNN's five, and `track`."""
    detector: Any = model.detector
    features = detector.backbone(batch.images)
    images = ImageList(batch.images, batch.sizes)
    proposals, losses = detector.rpn(images, features, batch.targets)
    heads, targets = detector.roi_heads, batch.targets
    boxes, matches, labels, deltas = heads.select_training_samples(proposals, targets)
    pooled = heads.box_roi_pool(features, boxes, batch.sizes)
    logits, predicted = heads.box_predictor(heads.box_head(pooled))
    losses["classes"], losses["boxes"] = fastrcnn_loss(logits, predicted, labels, deltas)
    positive = [torch.where(label > 0)[0] for label in labels]
    matched = [match[rows] for match, rows in zip(matches, positive, strict=True)]
    positive_boxes = [box[rows] for box, rows in zip(boxes, positive, strict=True)]
    masks = heads.mask_roi_pool(features, positive_boxes, batch.sizes)
    losses["masks"] = maskrcnn_loss(
        heads.mask_predictor(heads.mask_head(masks)),
        positive_boxes,
        [target["masks"] for target in targets],
        [target["labels"] for target in targets],
        matched,
    )
    objects = heads.box_roi_pool(features, [target["boxes"] for target in targets], batch.sizes)
    references = model.track_head(objects).split([len(target["boxes"]) for target in targets])
    by_image = pooled.split([len(box) for box in boxes])
    embeddings = [
        model.track_head(each[rows]) for each, rows in zip(by_image, positive, strict=True)
    ]
    losses["track"] = track_loss(embeddings, references, matched, targets)
    return dict(losses)


def track_loss(
    embeddings: Many[Tensor],
    references: Many[Tensor],
    matched: Many[Tensor],
    targets: Many[Mapping[str, Tensor]],
) -> Tensor:
    """Return the mean cross-entropy of assigning boxes to the objects of the paired frame.

    Class 0 stands for an object that is not in the paired frame.

    Args:
        embeddings: Embeddings of each frame's positive boxes, (K, D).
        references: Embeddings of each frame's ground-truth objects, (N, D).
        matched: Row of the object that each positive box matches, (K,).
        targets: Targets of each frame.
    """
    total = torch.zeros((), device=embeddings[0].device)
    for number, (embedding, rows) in enumerate(zip(embeddings, matched, strict=True)):
        other = number ^ 1
        score = embedding @ references[other].T
        score = torch.cat([score.new_zeros(len(score), 1), score], 1)
        own = targets[number]["identities"][rows]
        same = own[:, None] == targets[other]["identities"]
        label = torch.where(same.any(1), same.float().argmax(1) + 1, 0) if same.numel() else 0 * own
        if len(embedding):
            total = total + functional.cross_entropy(score, label)
    return total / len(embeddings)
