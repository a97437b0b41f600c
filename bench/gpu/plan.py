"""What is measured, in order of value: correctness first, then speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from trackers.sam2.options import Sam2Options

DEMO = Sam2Options().weights
FIRST = "environment"  # without this step no other can run


@dataclass(frozen=True)
class Scale:
    """The amount of work of a run.

    Args:
        models: Sizes of SAM 2 that are timed.
        objects: Numbers of objects that are timed.
        method_objects: Numbers of objects for the whole method.
        image: Height and width of the video.
        warm_frames: Frames before the timed ones; 17 fill every memory bank.
        timed_frames: Timed frames.
        staged_frames: Further frames, whose stages are recorded.
        session_frames: Frames whose masks are compared.
    """

    models: tuple[str, ...]
    objects: tuple[int, ...]
    method_objects: tuple[int, ...]
    image: tuple[int, int]
    warm_frames: int = 17
    timed_frames: int = 33
    staged_frames: int = 10
    session_frames: int = 20

    @property
    def frames(self) -> int:
        """Number of frames of the video."""
        return self.warm_frames + self.timed_frames + self.staged_frames


SCALES = {
    "full": Scale(("tiny", "large"), (1, 4, 8, 16, 32), (1, 4, 16), (1080, 1920)),
    "toy": Scale(("demo",), (1, 2), (1, 2), (288, 384), 4, 4, 2, 8),
    "smoke": Scale(("demo",), (1,), (1,), (72, 96), 1, 1, 1, 2),
}


@dataclass(frozen=True)
class Step:
    """A part of a run that can fail alone.

    Args:
        name: Name of the step in the record.
        what: What it does, in one line.
        function: Module and function that runs it, as in `module:function`.
        budget_s: Seconds after which it is stopped.
        arguments: Arguments of the function after the context.
    """

    name: str
    what: str
    function: str
    budget_s: float
    arguments: Mapping[str, Any] = field(default_factory=dict)


def steps(device: str, scale: Scale) -> list[Step]:
    """Return the steps of a run, the most valuable first."""
    return [
        Step(FIRST, "machine, device and libraries", "bench.gpu.environment:describe", 90),
        *_correctness(device),
        *_speed(device, scale),
        *_costly(scale),
    ]


def _correctness(device: str) -> Iterator[Step]:
    modes = ["eager", "graphs"] if device != "cpu" else ["eager"]
    variants = [("fp32", "eager"), *((p, m) for p in ("bf16", "fp16") for m in modes)]
    networks, session = "bench.gpu.agreement:compare_networks", "bench.gpu.agreement:compare_masks"
    for precision, mode in variants:
        chosen = {"precision": precision, "mode": mode}
        what = f"SAM 2 demo in {precision}, {mode}, on the device against fp32 on the CPU"
        name = f"demo {precision} {mode}"
        yield Step(f"masks: {name}", f"{what}: masks of a session", session, 40, chosen)
        yield Step(f"networks: {name}", f"{what}: each network", networks, 40, chosen)


def _speed(device: str, scale: Scale) -> Iterator[Step]:
    objects, method = "bench.gpu.objects:time_objects", "bench.gpu.method:time_method"
    for model in scale.models:
        chosen = {"model": model}
        if device != "cpu":
            yield Step(
                f"examples: {model}",
                f"SAM 2.1 {model} in fp32 on the device against the CPU: each network",
                "bench.gpu.agreement:compare_examples",
                60,
                chosen,
            )
            yield Step(
                f"low precision: {model} bf16 graphs",
                f"SAM 2.1 {model} in bf16, graphs, against fp32, both on the device: each network",
                "bench.gpu.agreement:compare_networks",
                60,
                {"precision": "bf16", "mode": "graphs", "reference": device, "model": model},
            )
        yield Step(
            f"official masks: {model}",
            f"SAM 2.1 {model} in fp32: masks of a session against the official predictor's",
            "bench.gpu.agreement:compare_official",
            40,
            chosen,
        )
        for tool, what in (("ours", "our session"), ("official", "the official predictor")):
            yield Step(
                f"objects: {model} {tool}",
                f"SAM 2.1 {model}, {what}: time per frame by number of objects",
                objects,
                75,
                chosen | {"tool": tool},
            )
        yield Step(
            f"method: {model}",
            f"the method masktracker with SAM 2.1 {model}, from a video file to run lengths",
            method,
            80,
            chosen,
        )


def _costly(scale: Scale) -> Iterator[Step]:
    other = "bench.gpu.other_networks"
    yield Step("detector", "YOLOX demo: boxes against the CPU", f"{other}:compare_detector", 40)
    yield Step(
        "re-identification", "a network: vectors against the CPU", f"{other}:compare_vectors", 30
    )
    yield Step(
        "Mask R-CNN",
        "Mask R-CNN demo: boxes and masks against the CPU",
        f"{other}:compare_mask_rcnn",
        40,
    )
    engines = "bench.gpu.other_engines"
    yield Step(
        "ONNX Runtime",
        "SAM 2 demo on ONNX Runtime: each network against PyTorch in fp32 on the CPU",
        f"{engines}:compare_onnxruntime",
        90,
    )
    yield Step(
        "TensorRT",
        "SAM 2 demo: engines are built, each network against PyTorch in fp32 on the CPU",
        f"{engines}:compare_tensorrt",
        120,
    )
    for model in scale.models:
        yield Step(
            f"objects: {model} vos_optimized",
            f"SAM 2.1 {model}, the official predictor compiled: time per frame",
            "bench.gpu.objects:time_objects",
            150,
            {"model": model, "tool": "vos_optimized"},
        )
