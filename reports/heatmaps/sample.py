"""Sample heat maps at a few times on a coarse grid, and compare them with the ground truth's.

The result is JSON for the page and other programs; docs/heatmaps.md describes the file.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from datasets.media.frames import sequence_frame
from datasets.types import Extent, Sequence, Tracks
from reports.heatmaps.accumulate import KERNELS, Objects, by_frame
from reports.heatmaps.source import Settings, Source

SCHEMA_VERSION = 1
_MAX_ROWS, _MAX_COLUMNS = 27, 48
_PIXELS_PER_CELL = 4  # pixels of the accumulated map along the side of a cell
_MIN_TIMES, _MAX_TIMES = 3, 12  # points in time of a sequence
_MAX_TIMES_IN_ALL = 48  # points in time of all sequences, unless each has its minimum
_STILLS = [(side, quality) for side in (384, 256, 160, 96) for quality in (70, 50, 30)]
_MAX_STILL_LENGTH = 15_000  # characters of its data URI


def describe(sources: list[Source], settings: Settings) -> dict[str, Any]:
    """Return the content of heatmap.json."""
    return {
        "schema_version": SCHEMA_VERSION,
        "mode": settings.mode,
        "half_life_s": settings.half_life_s,
        "kernel": settings.kernel,
        "classes": None if settings.classes is None else [*settings.classes],
        "sequences": {
            source.sequence.name: _sequence(source, settings, _times(len(sources)))
            for source in sources
        },
    }


def _times(sequence_count: int) -> int:
    """Return the number of points in time per sequence, fewer for many to limit the page's size."""
    return max(_MIN_TIMES, min(_MAX_TIMES, _MAX_TIMES_IN_ALL // sequence_count))


def _sequence(source: Source, settings: Settings, times: int) -> dict[str, Any]:
    sequence = source.sequence
    rows, columns = grid(sequence.extent)
    frames = moments(sequence.extent.frame_count, times)
    prediction = _sample(source.prediction, sequence, settings, frames)
    truth = None if source.truth is None else _sample(source.truth, sequence, settings, frames)
    return {
        "width": sequence.extent.width,
        "height": sequence.extent.height,
        "frame_rate": sequence.frame_rate,
        "rows": rows,
        "columns": columns,
        "frames": frames,
        "still": still(sequence),
        "prediction": _packed(*prediction),
        "truth": None if truth is None else _packed(*truth),
        "agreement": None if truth is None else agreement(prediction[1], truth[1]),
    }


def _packed(over_time: np.ndarray, total: np.ndarray) -> dict[str, Any]:
    return {"over_time": pack(over_time), "sum": pack(total)}


def _sample(
    tracks: Tracks, sequence: Sequence, settings: Settings, moments: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the map at each moment, (T, rows, columns), and the sum, (rows, columns)."""
    chosen = settings.select(tracks)
    frame_count = sequence.extent.frame_count
    rows, columns = grid(sequence.extent)
    shape = rows * _PIXELS_PER_CELL, columns * _PIXELS_PER_CELL
    heat = settings.start(shape, sequence.frame_rate)
    found, wanted = [], {*moments}
    for frame, objects in enumerate(by_frame(chosen, frame_count)):
        heat.step(frame, objects)
        if frame in wanted:
            found.append(_coarse(heat.heat, (rows, columns)))
    total = np.zeros(shape, np.float32)
    KERNELS[settings.kernel](total, Objects.of(chosen))  # all frames at once, without decay
    return np.stack(found), _coarse(total, (rows, columns))


def grid(extent: Extent) -> tuple[int, int]:
    """Return the rows (at most 27) and columns (at most 48) of a grid of nearly square cells."""
    side = max(extent.height / _MAX_ROWS, extent.width / _MAX_COLUMNS)
    return max(1, round(extent.height / side)), max(1, round(extent.width / side))


def moments(frame_count: int, times: int) -> list[int]:
    """Return the frames after which a map is kept: the last of each of `times` equal parts."""
    times = min(times, frame_count)
    return [(number + 1) * frame_count // times - 1 for number in range(times)]


def agreement(prediction: np.ndarray, truth: np.ndarray) -> dict[str, float | None]:
    """Return the agreement of the summed map of a prediction with that of the ground truth.

    `error` is the mean absolute difference of the cells divided by the mean of the ground truth's
    cells: 0 for the same map, 1 for an empty one; None if the ground truth's is empty.
    `correlation` is Pearson's over the cells; None if a map is constant.
    """
    one, other = prediction.astype(np.float64).ravel(), truth.astype(np.float64).ravel()
    some = other.sum() > 0
    varied = np.ptp(one) > 0 and np.ptp(other) > 0
    return {
        "error": float(abs(one - other).sum() / other.sum()) if some else None,
        "correlation": float(np.corrcoef(one, other)[0, 1]) if varied else None,
    }


def pack(maps: np.ndarray) -> dict[str, Any]:
    """Return maps quantised to 256 steps from 0 to their `top`, compressed and in base 64."""
    top = float(maps.max(initial=0))
    steps = np.round(maps * (255 / top)) if top else np.zeros(maps.shape)
    compressed = zlib.compress(steps.astype(np.uint8).tobytes(), 9)
    return {"top": float(f"{top:.6g}"), "cells": base64.b64encode(compressed).decode()}


def unpack(packed: Mapping[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    """Return packed maps as float64, exact to half a step."""
    steps = np.frombuffer(zlib.decompress(base64.b64decode(packed["cells"])), np.uint8)
    return steps.reshape(shape) * (packed["top"] / 255)


def still(sequence: Sequence) -> str | None:
    """Return the first frame as a small JPEG in a data URI; None without images."""
    if sequence.images is None:
        return None
    image = sequence_frame(sequence, 0)
    uri = ""
    for side, quality in _STILLS:
        uri = _jpeg(image, side, quality)
        if len(uri) <= _MAX_STILL_LENGTH:
            break
    return uri


def _jpeg(image: np.ndarray, side: int, quality: int) -> str:
    factor = min(1.0, side / max(image.shape[:2]))
    height, width = (max(1, round(factor * length)) for length in image.shape[:2])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"


def _coarse(heat: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the mean heat in each cell, (rows, columns) float32."""
    cells = cv2.resize(heat.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cells)
