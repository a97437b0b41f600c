"""Time per frame of SAM 2 by number of objects: our session, and the official predictor.

Both get the same prompts and frames, and hand over the logits of every object in every frame. The
timed frames of both are in memory before: those of our session as decoded images, which it resizes
and uploads within the time of a frame; those of the official predictor resized and on the device,
as it loads them. Frames count once every memory bank is full. Further frames of our session, from
the decoding on, are timed stage by stage, with a wait for the device around each stage.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from itertools import chain, islice
from time import monotonic, perf_counter
from typing import Any

import numpy as np

from bench.gpu.context import (
    GPU_MODE,
    GPU_PRECISION,
    AbsentError,
    Context,
    free_memory,
    peak_memory,
    reporting_memory,
    tf32,
)
from bench.gpu.steps.material import grid_boxes, jpegs, video
from bench.gpu.steps.models import official, torch_networks
from bench.gpu.steps.samples import summarize
from bench.material.official_sam2 import follow
from bench.sam2_objects import steps
from trackers.profiling.gpu import wait_for_gpu
from trackers.profiling.stages import StageTimes, recording, stage
from trackers.sam2.session import Session

_LEAST = 3  # timed frames of a count for which time was short
_SHARE = 0.5  # of the time left, for one count


def time_objects(context: Context, model: str, tool: str) -> None:
    """Time a model on one tool, for each number of objects.

    Args:
        tool: `ours`, `official`, or `vos_optimized`, the official predictor compiled.
    """
    if tool == "vos_optimized" and not context.uses_cuda:
        raise AbsentError("vos_optimized compiles for CUDA graphs: it needs a CUDA device")
    scale = context.settings.scale
    sequence = video(context.folder, scale.frames, scale.image)
    precision, mode = (GPU_PRECISION, GPU_MODE) if context.uses_cuda else ("fp32", "eager")
    context.facts(
        model=model,
        tool=tool,
        precision=precision,
        mode=mode if tool == "ours" else {"official": "eager"}.get(tool, "compiled"),
        weights="random" if context.weights_of(model) == "random" else "file",
        image=list(scale.image),
    )
    if tool == "ours":
        _time_ours(context, model, sequence, (precision, mode))
    else:
        with tf32(allowed=True):  # as in its own scripts
            _time_official(context, model, sequence, precision, compiled=tool != "official")


def _time_ours(context: Context, model: str, sequence: Any, run: tuple[str, str]) -> None:
    from datasets.media.frames import sequence_frames

    predictor = official(model, context)
    networks = torch_networks(predictor, context, context.settings.device, *run)
    scale = context.settings.scale
    for count in scale.objects:
        free_memory(context.settings.device)
        feed = iter(sequence_frames(sequence))
        images = list(islice(feed, scale.warm_frames + scale.timed_frames))
        boxes = grid_boxes(count, scale.image)
        session: Any = steps(Session(networks), chain(images, _decoded(feed)), boxes)
        with reporting_memory(context, count), closing(session):
            row = _timed(context, session, count)
            if row["frames"]["count"] == scale.timed_frames:
                row["stages_ms"] = _staged(session, scale.staged_frames)
            context.row(**row, peak_mib=peak_memory(context.settings.device))


def _time_official(
    context: Context, model: str, sequence: Any, precision: str, *, compiled: bool
) -> None:
    scale = context.settings.scale
    folder = jpegs(context.folder, sequence, scale.warm_frames + scale.timed_frames)
    predictor = official(model, context, compiled=compiled)
    for count in scale.objects:
        free_memory(context.settings.device)
        boxes = grid_boxes(count, scale.image)
        prompts = {number: {"box": box} for number, box in enumerate(boxes)}
        frames: Any = follow(predictor, folder, 0, prompts)
        with reporting_memory(context, count), _autocast(context, precision), closing(frames):
            row = _timed(context, frames, count)
            context.row(**row, peak_mib=peak_memory(context.settings.device))


def _autocast(context: Context, precision: str) -> AbstractContextManager[Any]:
    import torch

    from trackers.engines.torch_engine import DTYPES

    kind = torch.device(context.settings.device).type
    return torch.autocast(kind, DTYPES[precision], enabled=precision != "fp32")


def _timed(context: Context, frames: Iterator[Any], count: int) -> dict[str, Any]:
    """Return the time of the frames after the warm-up, for a number of objects."""
    scale, until = context.settings.scale, monotonic() + _SHARE * context.seconds_left()
    begin = perf_counter()
    for _ in islice(frames, scale.warm_frames):
        pass
    warmed, seconds = perf_counter(), []
    last = warmed
    for _ in islice(frames, scale.timed_frames):
        now = perf_counter()
        seconds.append(now - last)
        last = now
        if monotonic() > until and len(seconds) >= _LEAST:
            break
    return {"objects": count, "warm_up_s": round(warmed - begin, 3), "frames": summarize(seconds)}


def _staged(frames: Iterator[Any], count: int) -> dict[str, float]:
    """Return the mean milliseconds of each stage of some frames."""
    spent: dict[str, int] = {}
    done = 0
    for _ in range(count):
        record = StageTimes(wait_for_gpu)
        with recording(record):
            done += next(frames, None) is not None
        for name, ns in record.spent.items():
            spent[name] = spent.get(name, 0) + ns
    return {name: round(ns / 1e6 / max(done, 1), 3) for name, ns in spent.items()}


def _decoded(feed: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield images whose decoding is a stage."""
    while True:
        with stage("decode"):
            image = next(feed, None)
        if image is None:
            return
        yield image
