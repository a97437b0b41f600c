"""Paint heat maps over the images of a sequence: after each frame, or after one."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from datasets.media.frames import sequence_frame, sequence_frames
from datasets.types import Sequence
from reports.heatmaps.accumulate import by_frame
from reports.heatmaps.paint import paint_difference, paint_heat, paint_maskout, side_by_side
from reports.heatmaps.source import Settings, Source

_GROUND = 90  # grey level of a sequence without images
_MAX_MASKOUT = 255.0


def paint_frames(source: Source, settings: Settings) -> Iterator[np.ndarray]:
    """Yield each frame with the heat map after it, uint8 RGB, as `paint` returns it."""
    top = max(_max_heat(maps, settings) for maps in maps_over_time(source, settings))
    images = _background_images(source.sequence)
    pairs = zip(images, maps_over_time(source, settings), strict=True)
    return (paint(image, maps, settings, top) for image, maps in pairs)


def paint_frame(source: Source, settings: Settings, frame: int) -> np.ndarray:
    """Return what `paint_frames` yields for one frame, without decoding the others."""
    top, wanted = 0.0, []
    for index, maps in enumerate(maps_over_time(source, settings)):
        top = max(top, _max_heat(maps, settings))
        if index == frame:
            wanted = [heat.copy() for heat in maps]
    return paint(image_of(source.sequence, frame), wanted, settings, top)


def maps_over_time(source: Source, settings: Settings) -> Iterator[list[np.ndarray]]:
    """Yield the heat maps of the prediction and, if given, of the ground truth, after each frame.

    The arrays change when the next ones are requested.
    """
    extent, rate = source.sequence.extent, source.sequence.frame_rate
    sides = [side for side in (source.prediction, source.truth) if side is not None]
    heats = [settings.start((extent.height, extent.width), rate) for _ in sides]
    chosen = [by_frame(settings.select(side), extent.frame_count) for side in sides]
    for frame, objects in enumerate(zip(*chosen, strict=True)):
        for heat, rows in zip(heats, objects, strict=True):
            heat.step(frame, rows)
        yield [heat.heat for heat in heats]


def paint(image: np.ndarray, maps: list[np.ndarray], settings: Settings, top: float) -> np.ndarray:
    """Return an image with the heat map over it; with ground truth, three images side by side.

    Args:
        image: (height, width, 3) uint8 RGB.
        maps: Maps as `maps_over_time` yields them.
        top: Maximum heat in the whole sequence, which fixes the colour scale.
    """
    if settings.mode == "maskout":
        painted = [paint_maskout(image, heat) for heat in maps]
    else:
        painted = [paint_heat(image, heat, top) for heat in maps]
    if len(maps) == 1:
        return painted[0]
    prediction, truth = (heat.astype(np.float32) for heat in maps)
    difference = cv2.resize(prediction - truth, image.shape[1::-1])
    return side_by_side(
        {
            "truth": painted[1],
            "prediction": painted[0],
            "prediction - truth": paint_difference(image, difference, top),
        }
    )


def image_of(sequence: Sequence, frame: int) -> np.ndarray:
    """Return one image of a sequence, (height, width, 3) uint8 RGB; grey if it has no images.

    Raises:
        FileNotFoundError: The image folder or video file does not exist.
        ValueError: The image is missing, not readable or of another size.
    """
    if sequence.images is None:
        return _grey_image(sequence)
    return sequence_frame(sequence, frame)


def _background_images(sequence: Sequence) -> Iterator[np.ndarray]:
    if sequence.images is not None:
        return sequence_frames(sequence)
    return (_grey_image(sequence) for _ in range(sequence.extent.frame_count))


def _grey_image(sequence: Sequence) -> np.ndarray:
    return np.full((sequence.extent.height, sequence.extent.width, 3), _GROUND, np.uint8)


def _max_heat(maps: list[np.ndarray], settings: Settings) -> float:
    if settings.mode == "maskout":
        return _MAX_MASKOUT
    return max(float(heat.max()) for heat in maps)
