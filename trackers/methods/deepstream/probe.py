"""Runs in DeepStream's container: the pipeline, and its objects with their masks.

    python3 probe.py application.txt objects.jsonl elements.json

The pipeline is that of deepstream-app with the same configuration files, without its display.
objects.jsonl has one line per frame:

    {"frame": 0, "objects": [{"id": 1, "label": "person", "confidence": 0.97,
      "box": [left, top, right, bottom],
      "mask": {"left": 10, "top": 20, "height": 90, "width": 40, "bits": "..."}}]}

`box` is the tracker's box, as in the KITTI dump: it may extend beyond the frame. The pixels of
`mask` lie in the rectangle that starts at (left, top), which may be outside too; `bits` are its
pixels row by row, eight to a byte, most significant first (numpy.packbits), in base64. `mask` is
null if the tracker gave none. elements.json is written last: when each frame entered and left
detector and tracker, in ns: {"primary_gie": {"in_ns": [...], "out_ns": [...]}, ...}.

It needs NumPy, PyGObject and pyds, NVIDIA's Python bindings (see Containerfile), nothing else, and
has never run in a container. The functions above `main` need NumPy only, and are tested.

Sources: NvOSD_MaskParams (width, height, threshold, float32 rows) and NvDsObjectMeta in NVIDIA's
pyds; gst-nvtracker/nvtracker_proc.cpp, which fills them: the mask is that of the tracker's box,
`rect_params` is that box clipped to the frame; README of deepstream-masktracker: the mask has the
size of the box, rounded; write_kitti_track_output in deepstream_app.c: confidence and box.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

ELEMENTS = ("primary_gie", "tracking_tracker")  # names as in deepstream-app
Box = tuple[float, float, float, float]  # left, top, right, bottom
Boxes = tuple[Box, Box]


def describe(
    identity: int,
    label: str,
    confidence: float,
    boxes: Boxes,
    mask: np.ndarray | None,
    least: float,
) -> dict[str, Any]:
    """Return an object as in objects.jsonl.

    Args:
        boxes: Left, top, right, bottom of the tracker's box, and of that box clipped to the frame.
        mask: (H, W) float, from 0 to 1; None if there is none.
        least: Threshold of the mask: pixels at or above it are of the object.
    """
    return {
        "id": int(identity),
        "label": label,
        "confidence": float(confidence),
        "box": [float(each) for each in boxes[0]],
        "mask": None if mask is None else place(mask, least, boxes),
    }


def place(mask: np.ndarray, least: float, boxes: Boxes) -> dict[str, Any]:
    """Return the pixels of a mask, as in objects.jsonl.

    A mask whose size is that of a box, rounded up or down, is taken as it is: of the tracker's box,
    otherwise of the clipped one. A mask of another size is resized to the tracker's box.
    """
    fitting = [box for box in boxes if _fits(mask.shape, box)]
    left, top, height, width = _grid(fitting[0] if fitting else boxes[0])
    if not fitting:
        mask = resize(mask, height, width)
    height, width = mask.shape
    text = base64.b64encode(np.packbits(mask >= least).tobytes()).decode()
    return {"left": left, "top": top, "height": height, "width": width, "bits": text}


def resize(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a mask of another size, bilinear between the four nearest values.

    Pixel x of the result is at x times the ratio of the widths, so the first pixels coincide.
    Source: resize_mask of deepstream-segmask in NVIDIA-AI-IOT/deepstream_python_apps.
    """
    top, bottom, down = _between(mask.shape[0], height)
    left, right, along = _between(mask.shape[1], width)
    values = mask.astype(float)
    upper = values[top][:, left] * (1 - along) + values[top][:, right] * along
    lower = values[bottom][:, left] * (1 - along) + values[bottom][:, right] * along
    return upper + (lower - upper) * down[:, None]


def _between(size: int, target: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the indices before and after each target pixel, and how far it is from the former."""
    at = np.arange(target) * (size / target)
    before = np.minimum(np.floor(at), size - 1).astype(int)
    after = np.minimum(np.ceil(at), size - 1).astype(int)
    return before, after, at - before


def _grid(box: Box) -> tuple[int, int, int, int]:
    """Return left, top, height and width of a box in whole pixels."""
    left, top, right, bottom = box
    height, width = (max(1, _round(each)) for each in (bottom - top, right - left))
    return _round(left), _round(top), height, width


def _round(number: float) -> int:
    return int(np.floor(number + 0.5))


def _fits(shape: tuple[int, ...], box: Box) -> bool:
    left, top, right, bottom = box
    return abs(shape[0] - (bottom - top)) < 1 and abs(shape[1] - (right - left)) < 1


def launch_line(application: ConfigParser) -> str:
    """Return the pipeline as gst-launch would take it, from the groups of deepstream-app.

    Raises:
        KeyError: A group or key is missing.
    """
    mux, detector = application["streammux"], application["primary-gie"]
    tracker = application["tracker"]
    return (
        f"uridecodebin uri={application['source0']['uri']} ! mux.sink_0 "
        f"nvstreammux name=mux batch-size={mux['batch-size']} width={mux['width']} "
        f"height={mux['height']} live-source={mux['live-source']} "
        f"batched-push-timeout={mux['batched-push-timeout']} ! "
        f"nvinfer name={ELEMENTS[0]} config-file-path={detector['config-file']} "
        f"interval={detector['interval']} unique-id={detector['gie-unique-id']} ! queue ! "
        f"nvtracker name={ELEMENTS[1]} tracker-width={tracker['tracker-width']} "
        f"tracker-height={tracker['tracker-height']} ll-lib-file={tracker['ll-lib-file']} "
        f"ll-config-file={tracker['ll-config-file']} ! queue ! fakesink name=sink sync=false"
    )


def _read_objects(pyds: Any, frame: Any) -> list[dict[str, Any]]:
    """Return the objects of a frame's metadata."""
    found, node = [], frame.obj_meta_list
    while node is not None:
        each = pyds.NvDsObjectMeta.cast(node.data)
        found.append(_read_object(each))
        node = _next(node)
    return found


def _read_object(each: Any) -> dict[str, Any]:
    params, mask = each.mask_params, None
    if params.size:
        mask = np.array(params.get_mask_array(), copy=True).reshape(params.height, params.width)
    boxes = _corners(each.tracker_bbox_info.org_bbox_coords), _corners(each.rect_params)
    label, confidence = each.obj_label, each.tracker_confidence
    return describe(each.object_id, label, confidence, boxes, mask, params.threshold)


def _corners(box: Any) -> Box:
    return box.left, box.top, box.left + box.width, box.top + box.height


def _next(node: Any) -> Any:
    """Return the next node of a list of pyds, None at its end."""
    try:
        return node.next
    except StopIteration:
        return None


def main(application: str, objects: str, elements: str) -> int:
    """Run the pipeline and return the exit code."""
    try:
        pyds = import_module("pyds")
        import_module("gi").require_version("Gst", "1.0")
        glib, gst = (import_module(f"gi.repository.{name}") for name in ("GLib", "Gst"))
    except (ImportError, ValueError) as error:
        print(f"image: expected Python bindings (see Containerfile), found none: {error}")
        return 3
    config = ConfigParser(interpolation=None)
    config.read(application)
    gst.init(None)
    pipeline = gst.parse_launch(launch_line(config))
    times = {name: _note_times(gst, pipeline.get_by_name(name)) for name in ELEMENTS}
    with Path(objects).open("w") as file:
        sink = pipeline.get_by_name("sink").get_static_pad("sink")
        sink.add_probe(gst.PadProbeType.BUFFER, _write_frames, (gst, pyds, file))
        failures = _play(glib, gst, pipeline)
    if failures:
        print(failures[0])
        return 1
    Path(elements).write_text(json.dumps(times))
    return 0


def _play(glib: Any, gst: Any, pipeline: Any) -> list[str]:
    """Run a pipeline to the end of its video and return its errors."""
    failures: list[str] = []
    loop = glib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", _on_message, (gst, loop, failures))
    pipeline.set_state(gst.State.PLAYING)
    loop.run()
    pipeline.set_state(gst.State.NULL)
    return failures


def _note_times(gst: Any, element: Any) -> dict[str, list[int]]:
    """Return lists that will hold when each frame enters and leaves an element."""
    times: dict[str, list[int]] = {"in_ns": [], "out_ns": []}
    for pad, key in (("sink", "in_ns"), ("src", "out_ns")):
        target = gst, times[key]
        element.get_static_pad(pad).add_probe(gst.PadProbeType.BUFFER, _note_time, target)
    return times


def _note_time(_pad: Any, _info: Any, target: Any) -> Any:
    gst, times = target
    times.append(time.monotonic_ns())
    return gst.PadProbeReturn.OK


def _write_frames(_pad: Any, info: Any, target: Any) -> Any:
    """Write a line for each frame of a buffer."""
    gst, pyds, file = target
    node = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer())).frame_meta_list
    while node is not None:
        frame = pyds.NvDsFrameMeta.cast(node.data)
        line = {"frame": frame.frame_num, "objects": _read_objects(pyds, frame)}
        file.write(json.dumps(line) + "\n")
        node = _next(node)
    return gst.PadProbeReturn.OK


def _on_message(_bus: Any, message: Any, target: Any) -> None:
    """End the loop at the end of the video or after an error."""
    gst, loop, failures = target
    if message.type == gst.MessageType.ERROR:
        error, details = message.parse_error()
        failures.append(f"{error}: {details}")
    if message.type in (gst.MessageType.ERROR, gst.MessageType.EOS):
        loop.quit()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
