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

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from datasets.media.image_size import MAX_PIXELS, Size, check_pixel_count
from datasets.media.video_end import has_end

if TYPE_CHECKING:  # imported late: only sequences that are videos need it
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

ACCEPT = "--accept-damaged"
_CHECKS = "crccheck+bitstream+buffer+careful"  # what decoders verify beyond the necessary
_ATTACHED = 0x400  # AV_DISPOSITION_ATTACHED_PIC
_OUTPUT_CORRUPT = 8  # AV_CODEC_FLAG_OUTPUT_CORRUPT: frames before the first complete one as well
_UNIT = 1 << 16  # 1 in the fixed-point numbers of a display matrix
_EXACT = 0.02  # about one degree
_HARMLESS = re.compile(  # errors that FFmpeg reports although the pictures are complete
    r"mmco: unref short failure|unable to decode APP fields|SEI type|^\s*$"
)
_CUT = re.compile(r"File ended prematurely|partial file")  # not an error of a packet
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
        is_cut: Whether FFmpeg reports that the file ends too early.
    """

    number: int
    frames: list[VideoFrame]
    error: str
    begin: int | None = None
    is_hidden: bool = False
    is_cut: bool = False


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
def capturing_errors(*, enabled: bool = True) -> Iterator[list[tuple[int, str, str]]]:
    """Yield a list that grows by each error FFmpeg reports in this thread: level, place, text."""
    from av import logging

    if not enabled:
        yield []
        return
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

    If one thread decodes, the errors that FFmpeg reports are those of the packet, and the `opaque`
    of a frame is the number of its packet.
    """
    packets, number = container.demux(stream), 0
    checked = stream.codec_context.copy_opaque
    while True:
        with capturing_errors(enabled=checked) as errors:
            decoded = _decode_next(packets, stream, number)
        if decoded is None:
            return
        texts = [text.strip() for _, _, text in errors if not _HARMLESS.search(text)]
        cut = any(_CUT.search(text) for text in texts)
        said = next((text for text in texts if not _CUT.search(text)), decoded.error)
        yield decoded._replace(error=said, is_cut=cut)
        number += 1


def _decode_next(
    packets: Iterator[Packet[VideoStream]], stream: VideoStream, number: int
) -> Decoded | None:
    """Return what the decoder returns for the next packet; None after the last one."""
    import av

    try:
        packet = next(packets)
    except StopIteration:
        return None
    except av.FFmpegError as error:
        return Decoded(number, [], f"cannot be read: {error.strerror}")
    if stream.codec_context.copy_opaque:
        packet.opaque = number
    begin = packet.dts if packet.pts is None else packet.pts
    try:
        frames = packet.decode()
    except av.FFmpegError as error:
        return Decoded(number, [], f"cannot be decoded: {error.strerror}", begin)
    reason = "incomplete" if packet.is_corrupt else ""
    return Decoded(number, frames, reason, begin, packet.is_discard)


def decode_video(
    path: Path, size: Size | None = None, *, tolerant: bool = False, threaded: bool = True
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the pixels of each frame, (height, width, 3) uint8 RGB, upright.

    Args:
        size: Height and width, if known; a larger frame is refused before it is converted.
        tolerant: Whether damaged frames are yielded as the decoder conceals them, and lost ones
            left out.
        threaded: Whether several threads decode; not if damaged frames are tolerated. With one
            thread, all that FFmpeg reports counts as damage, also a missing end of the file.

    Raises:
        ValueError: The file is not a video, or a frame is too large, or damaged although they are
            not tolerated. Names the file and the frame.
    """
    index, advice, how = 0, f": {ACCEPT} reads what there is", first_turn(path)
    with open_video(path, threaded=threaded and not tolerant) as (container, stream):
        check_pixel_count(str(path), (stream.height, stream.width), size)
        for decoded in decode_packets(container, stream):
            for frame in decoded.frames:
                place = f"{path}, frame {index}"
                if frame.is_corrupt and not tolerant:
                    raise ValueError(f"{place}: expected an intact frame, found damage{advice}")
                check_pixel_count(place, (frame.height, frame.width), size)
                yield place, turn(frame.to_ndarray(format="rgb24"), how)
                index += 1
            if decoded.error and not tolerant:
                raise ValueError(
                    f"{path}: found damage near frame {index}: {decoded.error}{advice}"
                )
            if decoded.is_cut and not tolerant:
                raise ValueError(
                    f"{path}: the end of the file is missing after {index} frames{advice}"
                )
        if not tolerant and not has_end(path, container.format.name):
            raise ValueError(f"{path}: the end of the file is missing after {index} frames{advice}")


def first_turn(path: Path) -> Turn:
    """Return how the first frame of a video file becomes upright; raises as `turn_of`.

    The file is opened for this alone. PyAV keeps a frame whose side data was read until Python's
    next garbage collection, and what a decoder leaves in a part of a damaged frame is what an
    earlier frame left in the same memory: it would differ from pass to pass.
    """
    with open_video(path, threaded=False) as (container, stream):
        frames = (frame for each in decode_packets(container, stream) for frame in each.frames)
        return next((turn_of(f"{path}, frame 0", frame) for frame in frames), Turn())


def is_upright(path: Path) -> bool:
    """Return whether a video file is stored as it is shown."""
    return first_turn(path) == Turn()


def turn_of(place: str, frame: VideoFrame) -> Turn:
    """Return how a frame becomes upright, from its display matrix.

    Raises:
        ValueError: It is rotated by another angle than a multiple of 90 degrees. Names the place.
    """
    matrix = _display_matrix(frame)
    (a, b), (c, d) = whole = np.sign(matrix.round()).astype(int).tolist()
    scale = abs(matrix).max() or 1.0
    if abs(matrix / scale - whole).max() > _EXACT or abs(a * d - b * c) != 1:
        found = matrix.round(3).tolist()
        raise ValueError(f"{place}: expected a rotation by a multiple of 90 degrees, found {found}")
    return Turn(True, c, b) if a == 0 else Turn(False, a, d)


def _display_matrix(frame: VideoFrame) -> np.ndarray:
    """Return the matrix (2, 2) that maps (x, y) of a stored frame, as a row, to what is shown.

    PyAV 18.1 cannot list the side data of a frame that has a kind it does not know, such as EXIF.
    Then only the rotation is known, and mirroring is not.
    """
    from av.sidedata.sidedata import Type

    try:
        side_data: Any = frame.side_data
    except ValueError:
        angle = np.radians(frame.rotation)
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    data = next((each for each in side_data if each.type == Type.DISPLAYMATRIX), None)
    if data is None:
        return np.eye(2)
    return np.frombuffer(bytes(data), np.int32).reshape(3, 3)[:2, :2] / _UNIT


def turn(image: np.ndarray, how: Turn) -> np.ndarray:
    """Return an image (height, width, 3), transposed and mirrored."""
    if how.transposed:
        image = image.transpose(1, 0, 2)
    return np.ascontiguousarray(image[:: how.down, :: how.across])
