"""A manifest of exported detectors that are read: all give the same detections of one image.

Those that are refused are in test_rejected_exports.py. The scores are the red, green and blue of
the image, so that a wrong preparation of the input shows as well as a wrong reading of the output.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.trackers.detector_exports import (
    HEIGHT,
    WIDTH,
    Image,
    Output,
    centred,
    repeated,
    rows,
    transposed,
    yolox_rows,
)
from tests.support.trackers.exported_detectors import (
    BOXES,
    CENTRE,
    CORNER,
    IMAGENET,
    LABEL_SCORES,
    LABELS,
    METADATA,
    PROTOTYPES,
    SCORES,
    SIDES,
    STRETCH,
    V5,
    V5_HEADS,
    V8,
    V8_HEADS,
    V8_MASKED,
    Export,
    card,
    detect,
    flat,
    load,
    selected,
)

BGR = Image(divide=1.0, blue_first=True)
SCALES = {"im_shape": (np.float32, (1, 2)), "scale_factor": (np.float32, (1, 2))}
TARGETS = {"orig_target_sizes": (np.int64, (1, 2))}


def grids() -> list[Output]:
    """Return the outputs of DetectNet_v2 with cells of 16 pixels, one object per class."""
    coverage, box = np.zeros((1, 3, 4, 6), np.float32), np.zeros((1, 12, 4, 6), np.float32)
    for k in range(3):
        centre = np.array([k * 16, 16, k * 16, 16]) + 0.5
        box[0, 4 * k : 4 * k + 4, 1, k] = (STRETCH[k] - centre) * [-1, -1, 1, 1] / 35
    return [Output(coverage, {(0, k, 1, k): k for k in range(3)}), Output(box)]


def halved(output: Output) -> Output:
    """Return an output in float16."""
    return Output(output.array, output.scores, np.float16)


def divided(output: Output, by: np.ndarray) -> Output:
    """Return (1, N, C) with its boxes divided."""
    array = output.array.copy()
    array[..., :4] /= by
    return Output(array, output.scores)


V8_ROWS = transposed(V8)
END_TO_END = selected(6, 4, 5)
STRETCHED = rows(centred(STRETCH), [], 7)
FRACTIONS = Output((STRETCH / SIDES)[None].astype(np.float32), times="orig_target_sizes")
CLASS_SCORES = Output(np.zeros((1, 12, 3), np.float32), {(0, k, k): k for k in range(3)})
BOXES_AND_SCORE = np.pad(CORNER, [(0, 0), (0, 1)])[None].astype(np.float32)
PLAIN_BOXES = Output(STRETCH.astype(np.float32))
READ = {
    "v8": Export([V8], card("yolov8")),
    "v8, transposed": Export([V8_ROWS], card("yolov8")),
    "v8, masks": Export([V8_MASKED, PROTOTYPES], card("yolov8")),
    "v8, prototypes first": Export([PROTOTYPES, V8_MASKED], card("yolov8")),
    "v8, raw heads": Export([V8, *V8_HEADS], card("yolov8")),
    "v8, fractions": Export([transposed(divided(V8_ROWS, SIDES))], card("yolov8")),
    "v8, NHWC": Export([V8], card("yolov8"), Image((1, HEIGHT, WIDTH, 3))),
    "v8, uint8": Export([V8], card("yolov8"), Image(dtype=np.uint8, divide=1.0)),
    "v8, uint8 NHWC": Export([V8], card("yolov8"), Image((1, 64, 96, 3), np.uint8, divide=1.0)),
    "v8, float16": Export([halved(V8)], card("yolov8"), Image(dtype=np.float16)),
    "v8, batch": Export([repeated(V8, 4)], card("yolov8", batch=4), Image((4, 3, 64, 96))),
    "v8, dynamic": Export([V8], card("yolov8", size=[64, 96]), Image(("n", 3, "h", "w"))),
    "v8, dynamic NHWC": Export([V8], card("yolov8", size=[64, 96]), Image(("n", "h", "w", 3))),
    "v8, other colours": Export([V8], card("yolov8", blue_first=True, **IMAGENET),
                                Image(blue_first=True, **IMAGENET)),
    "v8, no card": Export([V8], metadata=METADATA),
    "v8, no card, dynamic": Export([V8], None, Image(("n", 3, "h", "w")), metadata=METADATA),
    "v8, numbered names": Export([V8], card(), metadata=METADATA | {
        "names": "{0: 'class0', 1: 'class1', 2: 'class2'}"}),
    "v8, classes by number": Export([V8], {"layout": "yolov8",
                                           "classes": {0: "red", 2: "blue", 1: "green"}}),
    "v8, metadata as JSON": Export([V8], metadata=METADATA | {
        "names": '{"0": "red", "1": "green", "2": "blue"}', "end2end": "false"}),
    "v8, metadata of others": Export([V8], card("yolov8"), metadata={
        "task": "object-detection", "names": "red;green;blue"}),
    "26, no card": Export([END_TO_END], metadata=METADATA | {"end2end": "True"}),
    "11, nms": Export([END_TO_END], metadata=METADATA | {"args": "{'nms': True}"}),
    "v10": Export([END_TO_END], card("end_to_end")),
    "v10, float16": Export([halved(END_TO_END)], card("end_to_end"), Image(dtype=np.float16)),
    "26, masks": Export([selected(8, 4, 5), PROTOTYPES], card("end_to_end"),
                        metadata=METADATA | {"task": "segment", "end2end": "True"}),
    "v5": Export([V5], card("yolov5")),
    "v5, raw heads": Export([V5, *V5_HEADS], card("yolov5")),
    "v5, raw heads first": Export([*V5_HEADS, V5], card("yolov5")),
    "v5, masks": Export([rows(centred(CENTRE), [1], 10), PROTOTYPES, *V5_HEADS], card("yolov5")),
    "v5, names": Export([V5], {"layout": "yolov5"}, metadata={
        "stride": "32", "names": "['red', 'green', 'blue']"}),
    "v7, --end2end": Export([flat(selected(7, 6, 5, first=1))], card("yolov7_nms")),
    "YOLOX": Export([yolox_rows(CORNER, decoded=False)], card("yolox"), BGR),
    "YOLOX, decoded": Export([yolox_rows(CORNER, decoded=True)], card("yolox"), BGR),
    "YOLOX, said": Export([yolox_rows(CORNER, decoded=True)], card("yolox", boxes="pixels"), BGR),
    "YOLOX, legacy": Export([yolox_rows(CORNER, decoded=False)], card("yolox_legacy"),
                            Image(**IMAGENET)),
    "YOLO-NAS": Export([CLASS_SCORES, Output(END_TO_END.array[..., :4])], card("yolo_nas")),
    "RT-DETR of Ultralytics": Export([divided(STRETCHED, SIDES)], metadata=METADATA | {
        "description": "Ultralytics rtdetr-l model"}),
    "D-FINE": Export([LABELS, FRACTIONS, LABEL_SCORES], card("boxes_labels_scores"),
                     further=TARGETS),
    "torchvision": Export([PLAIN_BOXES, flat(LABELS), flat(LABEL_SCORES)],
                          card("boxes_labels_scores"), Image((3, 64, 96))),
    "MMDetection": Export([Output(BOXES_AND_SCORE, {(0, k, 4): k for k in range(3)}), LABELS],
                          card("mmdet", **IMAGENET), Image(**IMAGENET)),
    "PaddleDetection": Export([flat(selected(6, 1, 0, first=2, boxes=STRETCH)),
                               Output(np.array([3], np.int32))],
                              card("paddle", mean=0, divide=255), further=SCALES),
    "PeopleNet": Export(grids(), card("detectnet")),
    "RFB": Export([Output(np.zeros((1, 3, 4), np.float32), {(0, k, 1 + k): k for k in range(3)}),
                   Output((STRETCH / SIDES)[None].astype(np.float32))], card("rfb"),
                  Image(mean=127.0, divide=128.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_every_export_gives_the_same_detections(tmp_path, name):
    found = detect(load(tmp_path, READ[name])).detections
    tolerance = 0.05 if "float16" in name else 1e-4
    assert found.class_id.tolist() == [1, 2, 3]
    np.testing.assert_allclose(found.score, SCORES, rtol=0, atol=tolerance / 10)
    np.testing.assert_allclose(found.box, BOXES, rtol=0, atol=tolerance)
