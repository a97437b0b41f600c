"""Frames of a prepared sequence for a tracker, and the tracker's outputs collected as Tracks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import repeat

import numpy as np

from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.media.frames import sequence_frames
from datasets.sequences.prompts import starting_in
from datasets.sequences.sequence_json import PreparedSequence
from datasets.types import Extent, Frame, Tracks
from trackers.contract import Method, TrackerOutput
from trackers.profiling.stages import stage


def read_feed(prepared: PreparedSequence, method: Method) -> Iterator[Frame]:
    """Yield the frames of a prepared sequence with the inputs of a method.

    Raises:
        ValueError: The method needs images or detections and the sequence has none.
    """
    path, sequence, detections = prepared.path, prepared.sequence, prepared.detections()
    images: Iterable[np.ndarray | None] = repeat(None, sequence.extent.frame_count)
    if "image" in method.inputs:
        if sequence.images is None:
            raise ValueError(f"{path}: {method.title} needs images and this sequence has none")
        images = sequence_frames(sequence)
    if "detections" in method.inputs and detections is None:
        raise ValueError(f"{path}: {method.title} needs detections and this sequence has none")
    prompts = prepared.prompts() if "prompts" in method.inputs else None
    for index, image in enumerate(images):
        yield Frame(
            index,
            image,
            None if detections is None else detections.detections(index),
            None if prompts is None else starting_in(prompts, index),
            sequence.elapsed(index),
        )


class Collector:
    """Collects tracker outputs frame by frame; masks are encoded as run lengths immediately."""

    def __init__(self, extent: Extent) -> None:
        self._extent = extent
        self._outputs: list[TrackerOutput] = []
        self._runs: list[tuple[bytes, ...] | None] = []

    def add(self, output: TrackerOutput) -> None:
        """Add the output for the next frame, which `OutputCheck` has checked."""
        mask = pack(output).mask
        self._runs.append(mask.runs if isinstance(mask, Masks) else None)
        self._outputs.append(TrackerOutput(output.track, output.box, output.score, output.class_id))

    def tracks(self) -> Tracks:
        """Return all outputs as tracks."""
        outputs = self._outputs
        counts = [len(output.track) for output in outputs]
        masked = any(runs is not None for runs, n in zip(self._runs, counts, strict=True) if n)
        return Tracks(
            self._extent,
            frame=np.repeat(np.arange(len(outputs)), counts),
            track=np.concatenate([np.zeros(0), *(output.track for output in outputs)]),
            class_id=np.concatenate([np.zeros(0), *(output.class_id for output in outputs)]),
            score=np.concatenate([np.zeros(0), *(output.score for output in outputs)]),
            box=np.concatenate([np.zeros((0, 4)), *(output.box for output in outputs)]),
            rle=self._masks() if masked else None,
        )

    def _masks(self) -> Masks:
        runs = [run for runs in self._runs for run in runs or ()]
        return Masks.read(runs, self._extent.height, self._extent.width)


@stage("pack")
def pack(output: TrackerOutput) -> TrackerOutput:
    """Return a checked output with its masks encoded as run lengths."""
    mask = output.mask
    if isinstance(mask, np.ndarray):
        dense = mask.view(bool) if mask.dtype == np.uint8 else mask  # only 0 and 1: no copy
        return replace(output, mask=coco_rle.encode(dense))
    return output
