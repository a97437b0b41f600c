"""Write images as an H.264 video that plays everywhere, completely or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Many
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace

from datasets.io.files import replacing

_QUALITY = {"crf": "20", "preset": "veryfast"}  # lower crf: better; slower preset: smaller file
_FASTSTART = {"movflags": "+faststart"}  # a browser starts to play before the download ends
_BT709 = 1  # number of the colour standard in the file
_TICKS = 90_000  # per second, of a video whose frame rate varies
_MAX_DENOMINATOR = 1001  # of a frame rate: television has rates such as 30000 / 1001


class FrameWriter(Protocol):
    """A function that writes the next image, (height, width, 3) uint8 RGB, all of one size."""

    def __call__(self, image: np.ndarray) -> None: ...


@contextmanager
def writing_video(
    path: Path,
    frame_rate: float,
    height: int,
    width: int,
    *,
    timestamps: Many[float] | None = None,
) -> Iterator[FrameWriter]:
    """Yield a function that writes images; the file appears once all are written.

    If a side is odd, its last row or column is repeated: H.264 with 4:2:0 chroma has even sides.

    Args:
        frame_rate: Frames per second.
        timestamps: Seconds of each frame after the first, where the rate varies.
    """
    down, across = height % 2, width % 2
    with replacing(path) as part, av.open(str(part), "w", "mp4", options=_FASTSTART) as container:
        rate = Fraction(frame_rate).limit_denominator(_MAX_DENOMINATOR)
        stream = container.add_stream("libx264", rate, dict(_QUALITY))
        stream.width, stream.height, stream.pix_fmt = width + across, height + down, "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = 1
        times = None if timestamps is None else iter(timestamps)
        if times is not None:
            context.time_base = Fraction(1, _TICKS)

        def write(image: np.ndarray) -> None:
            if down or across:
                image = cv2.copyMakeBorder(image, 0, down, 0, across, cv2.BORDER_REPLICATE)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
            if times is not None:
                frame.pts, frame.time_base = round(next(times) * _TICKS), Fraction(1, _TICKS)
            container.mux(stream.encode(frame))

        yield write
        container.mux(stream.encode())
