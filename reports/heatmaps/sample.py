"""Heat maps made small: some points in time on a coarse grid, and how far they are from truth's.

What a page or another program needs of them, as JSON; docs/heatmaps.md describes the file.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from datasets.media.frames import decode_frames
from datasets.types import Extent, Sequence, Tracks
from reports.heatmaps.accumulate import KERNELS, Objects, by_frame
from reports.heatmaps.source import Settings, Source

SCHEMA_VERSION = 1
_MOST_ROWS, _MOST_COLUMNS = 27, 48
_PER_CELL = 4  # pixels of the map that is accumulated, along a cell's side
_FEWEST_TIMES, _MOST_TIMES = 3, 12  # of a sequence
_TIMES = 48  # of all together, as far as each has its fewest
_STILLS = [(side, quality) for side in (384, 256, 160, 96) for quality in (70, 50, 30)]
_MOST_STILL = 15_000  # letters of its data URI


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
    """Return the points in time of each sequence: a page of many may not grow too large."""
    return max(_FEWEST_TIMES, min(_MOST_TIMES, _TIMES // sequence_count))


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
    shape = rows * _PER_CELL, columns * _PER_CELL
    heat = settings.start(shape, sequence.frame_rate)
    found, wanted = [], {*moments}
    for frame, objects in enumerate(by_frame(chosen, frame_count)):
        heat.step(frame, objects)
        if frame in wanted:
            found.append(_coarse(heat.heat, (rows, columns)))
    total = np.zeros(shape, np.float32)
    KERNELS[settings.kernel](total, Objects.of(chosen))  # of all frames at once: nothing fades
    return np.stack(found), _coarse(total, (rows, columns))


def grid(extent: Extent) -> tuple[int, int]:
    """Return rows and columns of a coarse grid, at most 27 and 48, of nearly square cells."""
    side = max(extent.height / _MOST_ROWS, extent.width / _MOST_COLUMNS)
    return max(1, round(extent.height / side)), max(1, round(extent.width / side))


def moments(frame_count: int, times: int) -> list[int]:
    """Return the frames after which a map is kept: the last of each of so many equal parts."""
    times = min(times, frame_count)
    return [(number + 1) * frame_count // times - 1 for number in range(times)]


def agreement(prediction: np.ndarray, truth: np.ndarray) -> dict[str, float | None]:
    """Return how far the summed map of a prediction is from truth's.

    `error` is the mean over the cells of their absolute difference, in parts of the mean of truth's
    cells: 0 for the same map, 1 for an empty one; None where truth's is empty. `correlation` is
    Pearson's over the cells; None where a map is constant.
    """
    one, other = prediction.astype(np.float64).ravel(), truth.astype(np.float64).ravel()
    some = other.sum() > 0
    varied = np.ptp(one) > 0 and np.ptp(other) > 0
    return {
        "error": float(abs(one - other).sum() / other.sum()) if some else None,
        "correlation": float(np.corrcoef(one, other)[0, 1]) if varied else None,
    }


def pack(maps: np.ndarray) -> dict[str, Any]:
    """Return maps in 256 steps from 0 to their `top`: bytes, deflated, in base 64."""
    top = float(maps.max(initial=0))
    steps = np.round(maps * (255 / top)) if top else np.zeros(maps.shape)
    squeezed = zlib.compress(steps.astype(np.uint8).tobytes(), 9)
    return {"top": float(f"{top:.6g}"), "cells": base64.b64encode(squeezed).decode()}


def unpack(packed: Mapping[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    """Return what was packed, float64, to half a step."""
    steps = np.frombuffer(zlib.decompress(base64.b64decode(packed["cells"])), np.uint8)
    return steps.reshape(shape) * (packed["top"] / 255)


def still(sequence: Sequence) -> str | None:
    """Return the first frame as a small JPEG in a data URI; None where there are no images."""
    if sequence.images is None:
        return None
    _, image = next(decode_frames(Path(sequence.images)))
    uri = ""
    for side, quality in _STILLS:
        uri = _jpeg(image, side, quality)
        if len(uri) <= _MOST_STILL:
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
    """Return the mean in each cell, (rows, columns) float32."""
    cells = cv2.resize(heat.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cells)
