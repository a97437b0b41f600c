"""What is measured, in order of value: correctness first, then speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from trackers.sam2.options import Sam2Options

DEMO = Sam2Options().weights
_STEPS = "bench.gpu.steps"
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
    "toy": Scale(("demo",), (1, 2), (1, 2), (288, 384), 4, 4, 2, 10),
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
    first, *others = scale.models
    return [
        Step(FIRST, "machine, device and libraries", f"{_STEPS}.environment:describe", 90),
        *_demo(device),
        *_other_networks(),
        *_model(device, first),
        *_other_engines(),
        *(step for model in others for step in _model(device, model)),
        *(
            _timed(model, "vos_optimized", "the official predictor compiled", 150)
            for model in scale.models
        ),
    ]


def _demo(device: str) -> Iterator[Step]:
    """Yield the steps that compare the demo model, whose weights are trained, with the CPU."""
    modes = ["eager", "graphs"] if device != "cpu" else ["eager"]
    variants = [("fp32", "eager"), *((p, m) for p in ("bf16", "fp16") for m in modes)]
    for precision, mode in variants:
        chosen = {"precision": precision, "mode": mode}
        what = f"SAM 2 demo in {precision}, {mode}, on the device against fp32 on the CPU"
        for kind, compared in (("masks", "masks of a session"), ("networks", "each network")):
            function = f"{_STEPS}.agreement:compare_{kind}"
            yield Step(
                f"{kind}: demo {precision} {mode}", f"{what}: {compared}", function, 60, chosen
            )


def _model(device: str, model: str) -> Iterator[Step]:
    """Yield the steps that compare and time a model."""
    compare, chosen, name = f"{_STEPS}.agreement:compare", {"model": model}, _title(model)
    if device != "cpu":
        what = f"{name} in fp32 on the device against the CPU: each network"
        yield Step(f"examples: {model}", what, f"{compare}_examples", 60, chosen)
        graphs = {"precision": "bf16", "mode": "graphs", "reference": device}
        what = f"{name} in bf16, graphs, against fp32, both on the device: each network"
        yield Step(f"low precision: {model}", what, f"{compare}_networks", 60, chosen | graphs)
    what = f"{name} in fp32: masks of a session against the official predictor's"
    yield Step(f"official masks: {model}", what, f"{compare}_official", 40, chosen)
    yield _timed(model, "ours", "our session", 75)
    yield _timed(model, "official", "the official predictor", 75)
    what = f"the method masktracker with {name}, from a video file to run lengths"
    yield Step(f"method: {model}", what, f"{_STEPS}.method:time_method", 80, chosen)


def _timed(model: str, tool: str, what: str, budget_s: float) -> Step:
    """Return the step that times a model on one tool."""
    function = f"{_STEPS}.objects:time_objects"
    what = f"{_title(model)}, {what}: time per frame by number of objects"
    return Step(
        f"objects: {model} {tool}", what, function, budget_s, {"model": model, "tool": tool}
    )


def _title(model: str) -> str:
    return "SAM 2 demo" if model == "demo" else f"SAM 2.1 {model}"


def _other_networks() -> Iterator[Step]:
    compare = f"{_STEPS}.other_networks:compare"
    yield Step("detector", "YOLOX demo: boxes against the CPU", f"{compare}_detector", 40)
    what = "a re-identification network: vectors against the CPU"
    yield Step("re-identification", what, f"{compare}_vectors", 30)
    what = "Mask R-CNN demo: boxes and masks against the CPU"
    yield Step("Mask R-CNN", what, f"{compare}_mask_rcnn", 40)


def _other_engines() -> Iterator[Step]:
    compare, where = f"{_STEPS}.other_engines:compare", "against PyTorch in fp32 on the CPU"
    what = f"SAM 2 demo on ONNX Runtime: each network {where}"
    yield Step("ONNX Runtime", what, f"{compare}_onnxruntime", 90)
    what = f"SAM 2 demo: engines are built, each network {where}"
    yield Step("TensorRT", what, f"{compare}_tensorrt", 120)
