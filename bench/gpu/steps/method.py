"""Time of the whole method `masktracker`, from a video file to run lengths, at 1080p.

The frames come from the product's own feed, which decodes them in the background as in any run. The
detections are steady boxes, and no target is removed, so that the number of objects is constant:
the time does not depend on the weights.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from bench.gpu.context import (
    GPU_MODE,
    GPU_PRECISION,
    Context,
    free_memory,
    peak_memory,
    reporting_memory,
)
from bench.gpu.steps.material import detected_sequence, video
from bench.gpu.steps.samples import summarize
from datasets.sequences.sequence_json import PreparedSequence, open_sequence
from trackers.contract import Tracker, load_method, load_tracker
from trackers.feed import read_feed
from trackers.output_check import OutputCheck
from trackers.timing.timed_passes import record_stages, time_throughput

_METHOD = "masktracker"
_KEPT = {"min_tracker_confidence": 0.0, "min_prompt_update_confidence": 0.0}  # no target is removed


def time_method(context: Context, model: str) -> None:
    """Time the method with a model, for each number of objects."""
    scale, cuda = context.settings.scale, context.uses_cuda
    options: dict[str, Any] = {
        "size": model,
        "weights": context.weights_of(model),
        "device": context.settings.device,
        "precision": GPU_PRECISION if cuda else "fp32",
        "torch_mode": GPU_MODE if cuda else "eager",
    }
    context.facts(method=_METHOD, model=model, image=list(scale.image), frames=scale.frames)
    context.facts(precision=options["precision"], mode=options["torch_mode"])
    sequence = video(context.folder, scale.frames, scale.image)
    tracker = load_tracker(_METHOD, options | _KEPT)
    for count in scale.method_objects:
        free_memory(context.settings.device)
        prepared = open_sequence(detected_sequence(context.folder, sequence, count))
        with reporting_memory(context, count):
            row = {"objects": count} | _time(tracker, prepared, scale.frames)
            context.row(**row, peak_mib=peak_memory(context.settings.device))


def _time(tracker: Tracker, prepared: PreparedSequence, frames: int) -> dict[str, Any]:
    """Return the time of a second pass, and the stages of a third."""
    method, sequence = load_method(_METHOD), prepared.sequence

    def check() -> OutputCheck:
        return OutputCheck(method.title, sequence)

    begin = perf_counter()
    time_throughput(tracker, sequence, read_feed(prepared, method), check(), frames)
    first = perf_counter() - begin
    wall, outputs = time_throughput(tracker, sequence, read_feed(prepared, method), check(), frames)
    whole, stages = record_stages(tracker, sequence, read_feed(prepared, method), check(), frames)
    later = slice(len(whole) // 2, None)  # with full memory banks
    names = dict.fromkeys(name for each in stages for name in each)
    return {
        "first_pass_s": round(first, 3),
        "fps": round(1e9 * len(outputs) / wall, 3),
        "reported": len(outputs[-1].track),
        "frames": summarize([ns / 1e9 for ns in whole[later]]),
        "stages_ms": {
            name: round(
                sum(each.get(name, 0) for each in stages[later]) / 1e6 / len(whole[later]), 3
            )
            for name in names
        },
    }
