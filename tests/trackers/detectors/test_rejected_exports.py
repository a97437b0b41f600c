"""A manifest of exported detectors that are refused, and why."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.messages import message_pattern
from tests.support.trackers.detector_exports import (
    Image,
    Output,
    repeated,
    yolox_rows,
)
from tests.support.trackers.exported_detectors import (
    CORNER,
    METADATA,
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

END_TO_END = selected(6, 4, 5)
FAR = Output(np.array([[[9, 9, 30, 30, 0.9, 3]]], np.float32))
LOGITS = Output(np.array([[[40, 30, 9, 9, 4.5, -8, -7]]], np.float32))
NAN = Output(np.array([[[40, 30, 9, 9, np.nan, 0.1, 0.1]]], np.float32))
DYNAMIC = Image(("n", 3, "h", "w"))
REFUSED = {
    "pose": (Export([Output(np.zeros((1, 56, 126), np.float32))], metadata=METADATA | {
        "task": "pose", "names": "{0: 'person'}", "kpt_shape": "[17, 3]"}),
        "network.onnx: expected a network that detects objects, found one for the task 'pose'"),
    "pose without metadata": (
        Export([Output(np.zeros((1, 56, 126), np.float32))],
               {"layout": "yolov8", "classes": ["person"]}),
        "outputs: expected (1, N, 5) or (1, 5, N), or P more with mask prototypes ..., found "
        "[(1, 56, 126)]: they fit keypoints of 17 joints (pose) or layout yolov8 with 52 classes"),
    "pose, end to end": (Export([Output(np.zeros((1, 12, 57), np.float32))], card("end_to_end")),
                         "found [(1, 12, 57)]: they fit keypoints of 17 joints (pose)"),
    "OBB": (Export([V8], metadata=METADATA | {"task": "obb"}), "found one for the task 'obb'"),
    "OBB without metadata": (
        Export([Output(np.zeros((1, 8, 126), np.float32))], card("yolov8")),
        "found [(1, 8, 126)]: they fit oriented boxes (OBB)"),
    "OBB, end to end": (Export([Output(np.zeros((1, 12, 7), np.float32))], card("end_to_end")),
                        "found [(1, 12, 7)]: they fit ... oriented boxes (OBB)"),
    "classification": (Export([Output(np.zeros((1, 1000), np.float32))], card("yolov8")),
                       "found [(1, 1000)]: they fit a classification network"),
    "semantic": (Export([Output(np.zeros((1, 3, 64, 96), np.float32))], card("yolov8")),
                 "found [(1, 3, 64, 96)]: they fit semantic segmentation"),
    "v5, raw heads alone": (Export(V5_HEADS, card("yolov5")),
                            "they fit raw heads of YOLOv5 or v7: export with decoding (--grid)"),
    "v8, raw heads alone": (Export(V8_HEADS, card("yolov8")), "fit raw heads: export with decod"),
    "v8 as v5": (Export([V8], card("yolov5")), "(1, N, 8), or ... found [(1, 7, 12)]: they fit "
                 "layout yolov8"),
    "v5 as v8": (Export([V5], card("yolov8")), "found [(1, 12, 8)]: they fit layout yolov5"),
    "v10 as v8": (Export([END_TO_END], card("yolov8")),
                  "found [(1, 12, 6)]: they fit layout end_to_end"),
    "v8 as YOLOX": (Export([V8], card("yolox")), "expected (1, 126, 8), found [(1, 7, 12)]"),
    "YOLOX as v5": (Export([yolox_rows(CORNER, decoded=False)], card("yolov5")), "boxes: expected "
                    "candidates all over the input, found none beyond 8.55 pixels: boxes that are"),
    "masks without prototypes": (Export([V8_MASKED], card("yolov8")), "found [(1, 9, 12)]"),
    "wrong number of classes": (Export([V8], {"layout": "yolov8", "classes": ["red", "green"]}),
                                "expected (1, N, 6) or (1, 6, N), ... yolov8 with 3 classes"),
    "v7 as NAS": (Export([flat(selected(7, 5, 6, first=1))], card("yolov7_nms")),
                  "class numbers: expected integers from 0 to 2, found 0.4"),
    "class number": (Export([FAR], card("end_to_end")),
                     "network.onnx: class numbers: expected integers from 0 to 2, found 3"),
    "logits": (Export([LOGITS], card("yolov8")), "network.onnx: scores: expected probabilities "
               "from 0 to 1, found -8 to 4.5: export the network with the final sigmoid"),
    "not finite": (Export([NAN], card("yolov8")), "the output of the network is not finite"),
    "YOLOX, neither": (Export([Output(np.ones((1, 126, 8), np.float32) * 60)], card("yolox")),
                       "boxes: expected one of the units ['cells', 'pixels'], found centres that "
                       "fit none: set the key boxes of the network card"),
    "batch": (Export([repeated(V8, 4)], card("yolov8"), Image((4, 3, 64, 96))),
              "input images: expected a batch of 1, found one of 4: export the "
              "network for one image, or write `batch: 4` to the network card; it then processes 4 "
              "images per frame, 3 of them blank"),
    "dynamic": (Export([V8], card("yolov8"), DYNAMIC), "size: expected [height, width] in the "
                "network card, because the input images has the shape ('n', 3, 'h', 'w')"),
    "stride": (Export([V8], card("yolov8", size=[60, 96]), DYNAMIC),
               "size: expected multiples of 32, found [60, 96]"),
    "stride of the metadata": (
        Export([V8], card("yolov8", size=[96, 96]), DYNAMIC, metadata=METADATA | {"stride": "64"}),
        "size: expected multiples of 64, found [96, 96]"),
    "size": (Export([V8], card("yolov8", size=[96, 96])), "size: expected that of the input "
             "images, which has the shape (1, 3, 64, 96), found (96, 96) in the network card"),
    "axes": (Export([V8], card("yolov8", size=[64, 96]), Image(("n", "a", "b", "c"))),
             "input images: expected channels_last, true or false, in the network card"),
    "grey": (Export([V8], card("yolov8"), Image((1, 1, 64, 96))),
             "input images: expected 3 channels as the first or last axis"),
    "int32": (Export([V8], card("yolov8"), Image(dtype=np.int32)), "input images: expected values "
             "of type float32 or float16 or uint8, found int32"),
    "uint8 and mean": (Export([V8], card("yolov8", mean=0), Image(dtype=np.uint8)),
                       "mean: expected none in the network card, because the input images is "
                       "uint8 and the network normalises it, found 0"),
    "further input": (Export([V8], card("yolov8"), further={"threshold": (np.float32, (1,))}),
                      "inputs: expected one image and at most ['scale_factor', ..., found "
                      "{'images': (1, 3, 64, 96), 'threshold': (1,)}"),
    "names": (Export([V8], card(), metadata=METADATA | {"names": "{0: 'red', 1: 'cat', 2: 'b'}"}),
              "network.onnx: classes: expected 'cat' as number 1, from the metadata of the file, "
              "found 'green' in the network card"),
    "number of names": (Export([V8], card(), metadata=METADATA | {"names": "['red', 'green']"}),
                        "classes: expected the 2 of the metadata of the file, found 3"),
    "names unreadable": (Export([V8], None, metadata=METADATA | {"names": "{0: red}"}),
                         "network.onnx: classes: expected the names of the classes in the network"),
    "names are numbers": (Export([V8], card(), metadata=METADATA | {"names": "[1, 2, 3]"}),
                          "network.onnx: metadata: names: expected a list of names, found [1, 2"),
    "imgsz": (Export([V8], None, metadata=METADATA | {"imgsz": "'large'"}),
              "metadata: imgsz: expected one or two positive integers, found 'large'"),
    "stride unreadable": (Export([V8], None, metadata=METADATA | {"stride": "[8, 'x']"}),
                          "network.onnx: metadata: stride: expected positive integers, found [8"),
    "names with gaps": (Export([V8], None, metadata=METADATA | {"names": "{0: 'a', 2: 'b'}"}),
                        "network.onnx: metadata: names: expected the numbers from 0 to 1, found"),
    "end to end as v8": (Export([END_TO_END], card("yolov8"), metadata=METADATA | {
        "end2end": "True"}), "layout: expected end_to_end, because the metadata of the file says "
        "that the network selects its detections itself, found yolov8 in the network card"),
    "v8 as end to end": (Export([V8], card("end_to_end"), metadata=METADATA),
                         "because the metadata of the file says that the network does not select"),
    "size of the metadata": (Export([V8], None, metadata=METADATA | {"imgsz": "[640, 640]"}),
                             "size: expected that of ..., found (640, 640) in the metadata"),
    "no card": (Export([V8]), "layout: expected one of ['yolox', ... in the network card, because "
                "the metadata of the file does not say it, found none"),
    "no classes": (Export([V8], {"layout": "yolov8"}), "classes: expected the names of the classes"
                   " in the network card, because"),
    "no normalisation": (Export([V8], card("mmdet")), "mean: expected in the network card, because "
                         "networks of the layout mmdet differ, found none"),
    "unit": (Export([V8], card("yolov8", boxes="cells")), "boxes: expected one of ['pixels', "
             "'fractions'] for the layout yolov8, found 'cells'"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_an_export_that_cannot_be_read_is_refused(tmp_path, name):
    export, message = REFUSED[name]
    with pytest.raises(ValueError, match=message_pattern(message)):
        detect(load(tmp_path, export))
