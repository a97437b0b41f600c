"""Detector, re-identification network and Mask R-CNN on the device, against the CPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.gpu.context import Context, tf32
from bench.gpu.plan import DEMO
from bench.gpu.steps.material import drawn_people, grid_boxes
from datasets.io.files import write_json
from trackers.appearance.embedder import load_embedder
from trackers.detectors.detector import load_detector
from trackers.networks.runner import NetworkRunner

_WEIGHTS = Path(DEMO).parent
_OSNET = "x0_25"
_IMAGES, _PEOPLE = 3, 4
_MAX_BOX_PX, _MAX_SCORE, _MAX_VECTOR, _MIN_IOU = 0.1, 2e-3, 2e-3, 0.99  # of results that agree
Objects = tuple[np.ndarray, np.ndarray]  # boxes (N, 4) and scores (N,)


def compare_detector(context: Context) -> None:
    """Compare boxes and scores of the demo YOLOX on PyTorch."""
    card = context.folder / "yolox.json"
    weights = (_WEIGHTS / "yolox_demo.safetensors").resolve()
    fields = {"file": str(weights), "layout": "yolox", "classes": ["person"], "size": [288, 384]}
    write_json(card, fields)

    def run(device: str) -> list[Objects]:
        detector = load_detector(str(card), NetworkRunner(device))
        detector.start({1: "person"})
        found = [detector(image).detections for image in drawn_people(_IMAGES)[0]]
        return [(each.box, each.score) for each in found]

    _report_objects(context, "YOLOX demo, PyTorch", run)


def compare_vectors(context: Context) -> None:
    """Compare the vectors of an OSNet with random weights on PyTorch."""
    import torch

    from trackers.appearance.osnet import Osnet

    torch.manual_seed(0)
    torch.save(Osnet(_OSNET).state_dict(), context.folder / "osnet.pth")
    card = context.folder / "osnet.json"
    write_json(card, {"file": "osnet.pth", "size": [256, 128]})
    image, box = drawn_people(1)[0][0], grid_boxes(_PEOPLE, (288, 384))
    with tf32(allowed=False):
        expected, found = (
            load_embedder(str(card), NetworkRunner(device))(image, box)
            for device in ("cpu", context.settings.device)
        )
    largest = float(np.abs(expected - found).max())
    context.facts(network=f"OSNet {_OSNET}, PyTorch", vectors=len(found), limit=_MAX_VECTOR)
    context.facts(largest_difference=largest, agrees=largest <= _MAX_VECTOR)


def compare_mask_rcnn(context: Context) -> None:
    """Compare boxes, scores and masks of the demo Mask R-CNN on PyTorch."""
    from trackers.engines.runner import Runner
    from trackers.mask_rcnn.loading import load_segmenter
    from trackers.mask_rcnn.options import Limits

    weights = str(_WEIGHTS / "masktrack_demo.safetensors")
    masks: dict[str, list[np.ndarray]] = {}

    def run(device: str) -> list[Objects]:
        segmenter, found = load_segmenter(weights, Runner(device=device), Limits()), []
        masks[device] = []
        for image in drawn_people(_IMAGES)[0]:
            objects = segmenter.detect(image)
            found.append((objects.box, objects.score))
            masks[device].append(segmenter.masks(np.arange(len(objects.score))))
        return found

    if _report_objects(context, "Mask R-CNN demo, PyTorch", run):
        least = min(
            _mask_iou(one, other)
            for pair in zip(masks["cpu"], masks[context.settings.device], strict=True)
            for one, other in zip(*pair, strict=True)
        )
        context.facts(min_mask_iou=round(least, 5), agrees=least >= _MIN_IOU)


def _mask_iou(one: np.ndarray, other: np.ndarray) -> float:
    either = (one | other).sum()
    return float((one & other).sum() / either) if either else 1.0


def _report_objects(context: Context, network: str, run: Callable[[str], list[Objects]]) -> bool:
    """Report the differences between objects found on the CPU and on the device.

    Returns:
        Whether both found the same objects.
    """
    with tf32(allowed=False):
        expected, found = run("cpu"), run(context.settings.device)
    counts = [len(score) for _, score in expected]
    context.facts(network=network, images=len(counts), objects=sum(counts))
    if counts != [len(score) for _, score in found]:
        context.facts(objects_on_device=sum(len(score) for _, score in found), agrees=False)
        return False
    pairs = [*zip(expected, found, strict=True)]
    box, score = (
        max(float(np.abs(one[n] - other[n]).max(initial=0)) for one, other in pairs) for n in (0, 1)
    )
    agrees = box <= _MAX_BOX_PX and score <= _MAX_SCORE
    context.facts(largest_box_difference_px=box, largest_score_difference=score, agrees=agrees)
    return agrees
