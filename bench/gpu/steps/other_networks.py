"""Detector, re-identification network and Mask R-CNN on the device, against the CPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.gpu.context import AbsentError, Context, tf32
from bench.gpu.plan import DEMO
from bench.gpu.steps.material import drawn_people, grid_boxes
from datasets.io.files import write_json
from trackers.appearance.embedder import load_embedder
from trackers.detectors.detector import load_detector
from trackers.engines.card import CARD

_WEIGHTS = Path(DEMO).parent
_OSNET = Path("config/cards/osnet.yaml")  # its network is used where a user has downloaded it
_IMAGES, _PEOPLE = 3, 4
_MAX_BOX_PX, _MAX_SCORE, _MAX_VECTOR, _MIN_IOU = 0.1, 2e-3, 2e-3, 0.99  # of results that agree
Objects = tuple[np.ndarray, np.ndarray]  # boxes (N, 4) and scores (N,)


def compare_detector(context: Context) -> None:
    """Compare boxes and scores of the demo YOLOX."""
    require_onnxruntime(context)
    folder = _export_detector(context.folder / "yolox")

    def run(device: str) -> list[Objects]:
        detector = load_detector(str(folder), device)
        detector.start({1: "person"})
        found = [detector(image).detections for image in drawn_people(_IMAGES)[0]]
        return [(each.box, each.score) for each in found]

    _report_objects(context, "YOLOX demo, ONNX Runtime", run)


def _export_detector(folder: Path) -> Path:
    from trackers.detectors.export import export_yolox, load_yolox

    model = load_yolox("nano", _WEIGHTS / "yolox_demo.safetensors", 1)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / CARD, export_yolox(model, ["person"], (288, 384), folder, "fp32"))
    return folder


def compare_vectors(context: Context) -> None:
    """Compare the vectors of a re-identification network: OSNet if it is there, or a random one."""
    require_onnxruntime(context)
    card = _reid_card(context.folder)
    image, box = drawn_people(1)[0][0], grid_boxes(_PEOPLE, (288, 384))
    with tf32(allowed=False):
        expected, found = (
            load_embedder(str(card), device)(image, box)
            for device in ("cpu", context.settings.device)
        )
    largest = float(np.abs(expected - found).max())
    context.facts(network=card.stem, vectors=len(found), largest_difference=largest)
    context.facts(limit=_MAX_VECTOR, agrees=largest <= _MAX_VECTOR)


def _reid_card(folder: Path) -> Path:
    from trackers.appearance.embedder import read_card

    if _OSNET.is_file() and (_OSNET.parent / read_card(_OSNET).file).is_file():
        return _OSNET
    _write_random_network(folder / "random_reid.onnx")
    card = folder / "random.json"
    write_json(card, {"file": "random_reid.onnx", "size": [64, 32]})
    return card


def _write_random_network(path: Path) -> None:
    """Write a network of one convolution that returns 32 numbers for each crop."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).normal(size=(32, 3, 7, 7)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["crops", "weights"], ["maps"], strides=[4, 4]),
        helper.make_node("Relu", ["maps"], ["active"]),
        helper.make_node("GlobalAveragePool", ["active"], ["vectors"]),
    ]
    crops = helper.make_tensor_value_info("crops", TensorProto.FLOAT, ["N", 3, "H", "W"])
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["N", 32, 1, 1])
    constants = [numpy_helper.from_array(weights, "weights")]
    graph = helper.make_graph(nodes, "random", [crops], [vectors], constants)
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)


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


def require_onnxruntime(context: Context) -> None:
    """Raise AbsentError if the installed ONNX Runtime cannot use the device."""
    import onnxruntime

    available: Any = onnxruntime.get_available_providers()
    if context.uses_cuda and "CUDAExecutionProvider" not in available:
        version = onnxruntime.__version__
        raise AbsentError(
            f"onnxruntime {version}: expected CUDAExecutionProvider, found {available}"
        )
