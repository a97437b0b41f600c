"""Images as an H.264 video that plays everywhere, whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace

from datasets.io.files import replacing

_QUALITY = {"crf": "20", "preset": "veryfast"}  # of x264: smaller is better, slower is smaller
_FASTSTART = {"movflags": "+faststart"}  # a browser plays it before it is loaded
_BT709 = 1  # number of the standard in the file
_FINEST = 1001  # denominator of a frame rate: those of television, such as 30000 / 1001


class Writer(Protocol):
    """Takes the next image, (height, width, 3) uint8 RGB, of the size of the first."""

    def __call__(self, image: np.ndarray) -> None: ...


@contextmanager
def writing_video(path: Path, frame_rate: float, height: int, width: int) -> Iterator[Writer]:
    """Yield a function that takes the images; the file is there when all are written.

    An odd size gets its last row or column twice: H.264 of half the colours has none.
    """
    down, across = height % 2, width % 2
    with replacing(path) as part, av.open(str(part), "w", "mp4", options=_FASTSTART) as container:
        rate = Fraction(frame_rate).limit_denominator(_FINEST)
        stream = container.add_stream("libx264", rate, dict(_QUALITY))
        stream.width, stream.height, stream.pix_fmt = width + across, height + down, "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = 1

        def write(image: np.ndarray) -> None:
            if down or across:
                image = cv2.copyMakeBorder(image, 0, down, 0, across, cv2.BORDER_REPLICATE)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
            container.mux(stream.encode(frame))

        yield write
        container.mux(stream.encode())
