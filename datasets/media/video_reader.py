"""Decode a video file: every frame upright, RGB uint8, the same frames on every pass.

The stream is the one that FFmpeg calls best; cover pictures are not video. Rotation and mirroring,
as a phone records them in the display matrix, are applied. Colours follow the file's tags for
matrix and range; without tags they are BT.601 and limited range, as FFmpeg and OpenCV assume. High
bit depths are reduced to 8 bits without tone mapping, transparency is dropped, interlaced frames
stay interlaced, and pixels that are not square stay as they are stored.

A damaged frame is found only if the decoder notices it: where a codec has no checksums, altered
bytes can be valid picture data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from datasets.media.image_size import MAX_PIXELS, Size, check_pixel_count

if TYPE_CHECKING:  # imported late: only sequences that are videos need it
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

ACCEPT = "--accept-damaged"
_CHECKS = "crccheck+bitstream+buffer+careful"  # what decoders verify beyond the necessary
_ATTACHED = 0x400  # AV_DISPOSITION_ATTACHED_PIC
_OUTPUT_CORRUPT = 8  # AV_CODEC_FLAG_OUTPUT_CORRUPT: frames before the first complete one as well
_UNIT = 1 << 16  # 1 in the fixed-point numbers of a display matrix
_EXACT = 0.02  # about one degree
_REASONS = {
    "moov atom not found": "the recording was not finished, or the end of the file is missing"
}


class Turn(NamedTuple):
    """How a stored image becomes upright: transposed first, then mirrored.

    Args:
        transposed: Whether rows and columns are exchanged.
        across: -1 if left and right are exchanged afterwards, else 1.
        down: -1 if top and bottom are exchanged afterwards, else 1.
    """

    transposed: bool = False
    across: int = 1
    down: int = 1


class Decoded(NamedTuple):
    """What the decoder returns for one packet of the file.

    Args:
        number: Number of the packet, from 0.
        frames: Frames, which may belong to earlier packets.
        error: What is wrong with the packet; empty if nothing is known to be.
        begin: Time of the packet, in ticks of the stream; None if it is unknown.
        is_hidden: Whether the file's edit list hides the packet's frame, which is not returned.
    """

    number: int
    frames: list[VideoFrame]
    error: str
    begin: int | None = None
    is_hidden: bool = False


@contextmanager
def open_video(path: Path, *, threaded: bool) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Yield the open container of a video file, and its best video stream.

    Args:
        threaded: Whether several threads decode. Only with one thread a decoder makes the same of
            damaged data on every pass.

    Raises:
        ValueError: The file is not a video, or has no video stream. Names the file.
    """
    with _open(path) as container:
        stream = container.streams.best("video")
        videos = video_streams(container)
        if stream is None or stream not in videos:
            stream = videos[0] if videos else None
        if stream is None:
            kinds = sorted({str(each.type) for each in container.streams})
            found = "only cover art" if "video" in kinds else ", ".join(kinds) or "no stream"
            raise ValueError(f"{path}: expected a video stream, found {found}")
        context = stream.codec_context
        if context is None:
            reason = "the codec is not known, or the end of the file is missing"
            raise ValueError(f"{path}: not a readable video: {reason}")
        stream.thread_type = "AUTO" if threaded else "NONE"
        stream.thread_count = 0 if threaded else 1
        context.options = {"max_pixels": str(MAX_PIXELS), "err_detect": _CHECKS}
        context.flags |= _OUTPUT_CORRUPT
        context.copy_opaque = not threaded  # Python objects and threads of FFmpeg can deadlock
        yield container, stream


def video_streams(container: InputContainer) -> list[VideoStream]:
    """Return the video streams of a container without attached pictures, such as cover art."""
    return [each for each in container.streams.video if not int(each.disposition) & _ATTACHED]


def _open(path: Path) -> InputContainer:
    import av

    if not path.stat().st_size:
        raise ValueError(f"{path}: not a readable video: the file is empty")
    with capturing_errors() as errors:
        try:
            return av.open(str(path), metadata_errors="replace")
        except (av.FFmpegError, ValueError) as error:
            text = errors[-1][2].strip() if errors else str(getattr(error, "strerror", error))
            reason = f"{text}: {_REASONS[text]}" if text in _REASONS else text
            raise ValueError(f"{path}: not a readable video: {reason}") from error


@contextmanager
def capturing_errors() -> Iterator[list[tuple[int, str, str]]]:
    """Yield a list that grows by each error FFmpeg reports in this thread: level, place, text."""
    from av import logging

    before, repeated = logging.get_level(), logging.get_skip_repeated()
    logging.set_level(logging.ERROR)
    logging.set_skip_repeated(False)
    try:
        with logging.Capture(local=True) as errors:
            yield errors
    finally:
        logging.set_skip_repeated(repeated)
        logging.set_level(before)


def decode_packets(container: InputContainer, stream: VideoStream) -> Iterator[Decoded]:
    """Yield what the decoder returns for each packet of a stream, in the order of the file.

    The `opaque` of a frame is the number of its packet, if one thread decodes.
    """
    import av

    packets, number = container.demux(stream), 0
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError as error:
            yield Decoded(number, [], f"cannot be read: {error.strerror}")
            return
        if stream.codec_context.copy_opaque:
            packet.opaque = number
        reason = "incomplete" if packet.is_corrupt else ""
        try:
            frames = packet.decode()
        except av.FFmpegError as error:
            frames, reason = [], f"cannot be decoded: {error.strerror}"
        begin = packet.dts if packet.pts is None else packet.pts
        yield Decoded(number, frames, reason, begin, packet.is_discard)
        number += 1


def decode_video(
    path: Path, size: Size | None = None, *, tolerant: bool = False
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the pixels of each frame, (height, width, 3) uint8 RGB, upright.

    Args:
        size: Height and width, if known; a larger frame is refused before it is converted.
        tolerant: Whether damaged frames are yielded as the decoder conceals them, and lost ones
            left out. Decoding then uses one thread.

    Raises:
        ValueError: The file is not a video, or a frame is too large, or damaged although they are
            not tolerated. Names the file and the frame.
    """
    index = 0
    with open_video(path, threaded=not tolerant) as (container, stream):
        check_pixel_count(str(path), (stream.height, stream.width), size)
        for decoded in decode_packets(container, stream):
            for frame in decoded.frames:
                place = f"{path}, frame {index}"
                if frame.is_corrupt and not tolerant:
                    raise ValueError(f"{place}: damaged: {ACCEPT} reads it as it is concealed")
                check_pixel_count(place, (frame.height, frame.width), size)
                yield place, turn(frame.to_ndarray(format="rgb24"), turn_of(place, frame))
                index += 1
            if decoded.error and not tolerant:
                raise ValueError(f"{path}: data after frame {index - 1} {decoded.error}")


def is_upright(path: Path) -> bool:
    """Return whether the first frame of a video file is stored as it is shown."""
    with open_video(path, threaded=False) as (container, stream):
        frames = (frame for each in decode_packets(container, stream) for frame in each.frames)
        return all(turn_of(str(path), frame) == Turn() for frame in islice(frames, 1))


def turn_of(place: str, frame: VideoFrame) -> Turn:
    """Return how a frame becomes upright, from its display matrix.

    Raises:
        ValueError: It is rotated by another angle than a multiple of 90 degrees. Names the place.
    """
    from av.sidedata.sidedata import Type

    side_data: Any = frame.side_data  # PyAV declares a mapping, but it yields the data
    data = next((each for each in side_data if each.type == Type.DISPLAYMATRIX), None)
    if data is None:
        return Turn()
    matrix = np.frombuffer(bytes(data), np.int32).reshape(3, 3)[:2, :2] / _UNIT
    (a, b), (c, d) = whole = np.sign(matrix.round()).astype(int).tolist()
    scale = abs(matrix).max() or 1.0
    if abs(matrix / scale - whole).max() > _EXACT or abs(a * d - b * c) != 1:
        found = matrix.round(3).tolist()
        raise ValueError(f"{place}: expected a rotation by a multiple of 90 degrees, found {found}")
    return Turn(True, c, b) if a == 0 else Turn(False, a, d)


def turn(image: np.ndarray, how: Turn) -> np.ndarray:
    """Return an image (height, width, 3), transposed and mirrored."""
    if how.transposed:
        image = image.transpose(1, 0, 2)
    return np.ascontiguousarray(image[:: how.down, :: how.across])
