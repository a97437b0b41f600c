"""Write small videos of `drawn` frames in any codec and container, whole, cut and damaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition

from tests.support.media.drawn import HEIGHT, WIDTH, draw

COUNT, RATE = 8, 10
_SAMPLES = 576  # of silence
_MILLISECOND = Fraction(1, 1000)
_KINDS = {3: "rgb24", 4: "rgba"}  # by number of channels


@dataclass(frozen=True)
class Video:
    """A video stream.

    Args:
        images: Frames as stored; by default those that show 0 to COUNT - 1.
        times_ms: Time of each frame in milliseconds; by default RATE frames per second.
        turn: Arguments of `set_display_rotation`.
        options: Options of the codec.
        tags: Attributes of the codec context, such as `color_range`.
        colours: Arguments of `VideoFrame.reformat`.
        is_cover: Whether it is cover art.
    """

    codec: str = "libx264"
    pixels: str = "yuv420p"
    images: list[np.ndarray] = field(default_factory=lambda: list(map(draw, range(COUNT))))
    times_ms: list[int] | None = None
    turn: Mapping[str, Any] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, int] = field(default_factory=dict)
    colours: Mapping[str, Any] = field(default_factory=dict)
    is_cover: bool = False


def write(
    path: Path, *videos: Video, sound: str = "", muxer: Mapping[str, str] | None = None
) -> Path:
    """Write a file with video streams, and some silence, and return its path.

    Args:
        sound: Codec of the silence; none by default.
        muxer: Options of the container.
    """
    with av.open(str(path), "w", options=dict(muxer or {})) as container:
        streams = [_add(container, video) for video in videos]
        silent = container.add_stream(sound, rate=8000, layout="mono") if sound else None
        container.start_encoding()
        for stream, video in zip(streams, videos, strict=True):
            _encode(container, stream, video)
        if silent is not None:
            frame = av.AudioFrame(silent.format.name, "mono", _SAMPLES)
            frame.rate = 8000
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            container.mux(silent.encode(frame))
            container.mux(silent.encode())
    return path


def _add(container: Any, video: Video) -> Any:
    stream = container.add_stream(video.codec, rate=RATE, options=dict(video.options))
    size = video.images[0].shape[:2] if video.images else (HEIGHT, WIDTH)
    stream.height, stream.width = size
    stream.pix_fmt = video.pixels
    stream.codec_context.gop_size = 4
    if video.turn is not None:
        stream.set_display_rotation(**video.turn)
    if video.is_cover:
        stream.disposition = Disposition.attached_pic
    for name, value in video.tags.items():
        setattr(stream.codec_context, name, value)
    if video.times_ms is not None:
        stream.codec_context.time_base = _MILLISECOND
    return stream


def _encode(container: Any, stream: Any, video: Video) -> None:
    for index, image in enumerate(video.images):
        frame = av.VideoFrame.from_ndarray(image, format=_KINDS[image.shape[2]])
        frame = frame.reformat(format=video.pixels, **video.colours)
        if video.times_ms is not None:
            frame.pts, frame.time_base = video.times_ms[index], _MILLISECOND
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def cut(path: Path, share: float) -> Path:
    """Remove the end of a file, and return its path."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def damage(path: Path, share: float, count: int = 8) -> Path:
    """Change bytes in a file, and return its path."""
    data = bytearray(path.read_bytes())
    for place in range(int(len(data) * share), int(len(data) * share) + count):
        data[place] ^= 0x5A
    path.write_bytes(data)
    return path
