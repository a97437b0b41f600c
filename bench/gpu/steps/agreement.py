"""Correctness of SAM 2 on the device: networks and masks, against PyTorch in float32 on the CPU.

Networks agree if the masks of each object have at least the IoU of `MIN_IOU`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from bench.gpu.context import Context, tf32
from bench.gpu.steps.masks import Logits, report_masks
from bench.gpu.steps.material import drawn_people, jpegs, video
from bench.gpu.steps.models import official, torch_networks
from bench.material.official_sam2 import follow
from bench.sam2_objects import steps
from trackers.sam2 import parity
from trackers.sam2.loading import RANDOM
from trackers.sam2.networks import NETWORKS
from trackers.sam2.session import Session

MIN_IOU = {"fp32": 0.99, "bf16": 0.85, "fp16": 0.95}  # of the masks of one network
_OBJECTS = 4
_EXAMPLES = 2  # objects of the random inputs


def compare_networks(
    context: Context, precision: str, mode: str, model: str = "demo", reference: str = "cpu"
) -> None:
    """Compare each network of a model, with the memory banks empty, new, full and mixed.

    Args:
        reference: Device of the networks in float32 that they are compared with.
    """
    with tf32(allowed=False):
        calls = parity.record(torch_networks(model, context, reference))
        networks = torch_networks(model, context, context.settings.device, precision, mode)
        judged = precision == "fp32" or context.weights_of(model) != RANDOM
        report_networks(context, parity.compare(calls, networks), precision, judged=judged)


def compare_examples(context: Context, model: str) -> None:
    """Compare each network of a model, in float32, on random inputs."""
    with tf32(allowed=False):
        calls = list(_example_calls(model, context))
        networks = torch_networks(model, context, context.settings.device)
        report_networks(context, parity.compare(calls, networks), "fp32")


def _example_calls(model: str, context: Context) -> Iterable[parity.Call]:
    from trackers.sam2.loading import load_model
    from trackers.sam2.modules import example_inputs, input_names, modules

    loaded = load_model(model, context.weights_of(model))
    inputs, networks = example_inputs(loaded, _EXAMPLES), torch_networks(model, context, "cpu")
    names = {name: input_names(module) for name, module in modules(loaded).items()}
    for network in NETWORKS:
        given = {name: inputs[name].numpy() for name in names[network]}
        put, get = networks.arrays.put, networks.arrays.get
        outputs = getattr(networks, network)(**{name: put(each) for name, each in given.items()})
        found = {name: get(each) for name, each in outputs.items()}
        yield parity.Call(network, "random", given, found)


def report_networks(
    context: Context, rows: Iterable[Mapping[str, Any]], precision: str, *, judged: bool = True
) -> None:
    """Report the differences of each network's outputs, and whether all of them agree.

    Args:
        precision: The precision of the networks, which `MIN_IOU` has a limit for.
        judged: Whether masks have to agree. Those of random weights are arbitrary: a low precision
            changes them much.
    """
    limit, agrees = MIN_IOU[precision] if judged else 0.0, True
    for row in rows:
        context.row(**_rounded({key: row[key] for key in row if key != "agrees"}))
        agrees &= bool(row["finite"]) and row.get("mask_iou", 1.0) >= limit
    context.facts(precision=precision, limit=limit, agrees=agrees)


def _rounded(value: Any) -> Any:
    """Return JSON values with floats of four significant digits."""
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def compare_masks(context: Context, precision: str, mode: str) -> None:
    """Compare the masks of a session of the demo model on the device with those on the CPU."""
    images, boxes = drawn_people(context.settings.scale.session_frames)
    with tf32(allowed=False):
        expected = track(torch_networks("demo", context, "cpu"), images, boxes[:_OBJECTS])
        networks = torch_networks("demo", context, context.settings.device, precision, mode)
        found = track(networks, images, boxes[:_OBJECTS])
    report_masks(context, expected, found, precision)


def compare_official(context: Context, model: str) -> None:
    """Compare the masks of a session with those of the official predictor, both on the device."""
    scale = context.settings.scale
    sequence = video(context.folder, scale.frames, scale.image)
    folder = jpegs(context.folder, sequence, scale.session_frames)
    predictor = official(model, context)
    _, boxes = drawn_people(1)
    boxes = boxes[:_OBJECTS] * (scale.image[0] / drawn_people(1)[0][0].shape[0])
    prompts = {number: {"box": box} for number, box in enumerate(boxes)}
    with tf32(allowed=False):
        expected = dict(follow(predictor, folder, 0, prompts))
        networks = torch_networks(predictor, context, context.settings.device)
        found = track(networks, _read(folder), boxes)
    report_masks(context, expected, found, "fp32")


def _read(folder: Any) -> list[np.ndarray]:
    from PIL import Image

    return [np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.iterdir())]


def track(networks: Any, images: list[np.ndarray], boxes: np.ndarray) -> Logits:
    """Return the logits of a session whose objects are prompted in the first frame."""
    return dict(steps(Session(networks), images, boxes))
