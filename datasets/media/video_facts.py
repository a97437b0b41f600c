"""Decode a video file once, and find what is wrong with it: damage, missing frames, sizes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datasets.io.mended import count_mended
from datasets.io.progress import progress
from datasets.media.image_size import check_pixel_count
from datasets.media.video_end import has_end, is_listed, missing_frames
from datasets.media.video_reader import (
    ACCEPT,
    Decoded,
    Turn,
    decode_packets,
    open_video,
    turn_of,
    video_streams,
)
from datasets.media.video_times import frame_times

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

_SHOWN = 6  # ranges of frame numbers in a message
_HDR = (16, 18)  # transfer functions PQ and HLG
_BITS = 8
_NO_TIMES = 0x80  # AVFMT_NOTIMESTAMPS, of a stream without a container


@dataclass(frozen=True)
class VideoFacts:
    """What was found while every frame of a video file was decoded once.

    Args:
        height: In pixels, of the upright frames.
        width: In pixels.
        frame_count: Number of frames that the decoder returned.
        frame_rate: Frames per second; for a variable rate, that of the median interval.
        timestamps: Seconds of each frame after the first one if the rate varies, else None.
        damaged: Numbers, from 0, of the frames that the decoder reports as damaged.
        lost: Numbers, from 0 and with these counted, of frames for which the decoder returned
            nothing.
        missing: Number of further frames that the container promises.
        is_cut: Whether the end of the file is missing.
        reason: What is wrong with the first damaged frame.
    """

    height: int
    width: int
    frame_count: int
    frame_rate: float
    timestamps: tuple[float, ...] | None = None
    damaged: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()
    missing: int = 0
    is_cut: bool = False
    reason: str = ""

    @property
    def is_intact(self) -> bool:
        """Whether no frame is damaged, lost or missing."""
        return not (self.damaged or self.lost or self.is_cut)


def read_facts(path: Path, *, accept_damaged: bool = False) -> VideoFacts:
    """Return what is found in a video file.

    What a user could expect to be read in another way is counted, see `datasets.io.mended`.

    Args:
        accept_damaged: Whether damaged, lost and missing frames are accepted. They are counted.

    Raises:
        ValueError: The file is not a video, has no frames, or frames of several sizes; or damage is
            found and not accepted, which gives the numbers of the frames. Names the file.
    """
    with open_video(path, threaded=False) as (container, stream):
        found = _Pass(path)
        for decoded in progress(decode_packets(container, stream), path.name, "frame"):
            found.add(decoded)
        facts = found.facts(container, stream)
        _check(path, facts, accept_damaged=accept_damaged)
        if not facts.frame_count:
            raise ValueError(f"{path}: expected video frames, found none")
        found.count_mended()
        _count_choices(container, stream, facts.frame_rate)
    count_mended("damaged video frames, accepted", len(facts.damaged))
    count_mended("video frames that cannot be decoded, left out", len(facts.lost))
    count_mended("video frames missing at the end of the file, accepted", facts.missing)
    return facts


class _Pass:
    """One pass over a file: collects what the decoder returns for each packet."""

    def __init__(self, path: Path) -> None:
        self._path, self._is_cut = path, False
        self._size, self._turn = (0, 0), Turn()
        self._ticks: list[int | None] = []  # of each frame
        self._packets: list[int] = []  # of each frame
        self._begins: dict[int, int] = {}  # of packets, in ticks
        self._corrupt: set[int] = set()  # frames
        self._faulty: dict[int, str] = {}  # packets, and what is wrong with them
        self._count = 0  # of packets
        self._mended: dict[str, int] = {}

    def add(self, decoded: Decoded) -> None:
        """Add what the decoder returned for the next packet.

        Raises:
            ValueError: A frame has more than 2^28 pixels, or another size than the first.
        """
        if decoded.error:
            self._faulty[decoded.number] = decoded.error
        self._is_cut = self._is_cut or decoded.is_cut
        for frame in decoded.frames:
            self._add_frame(frame, decoded.number)
        if decoded.is_hidden:
            what = "video frames hidden by the file's edit list, not read"
            self._mended[what] = self._mended.get(what, 0) + 1
        if decoded.begin is not None:
            self._count = decoded.number + 1
        if decoded.begin is not None and not decoded.is_hidden:
            self._begins[decoded.number] = decoded.begin

    def _add_frame(self, frame: VideoFrame, number: int) -> None:
        index = len(self._packets)
        place = f"{self._path}, frame {index}"
        size = frame.height, frame.width
        check_pixel_count(place, size)
        how = turn_of(place, frame)
        self._turn = self._turn if index else how
        if how != self._turn:
            raise ValueError(f"{place}: expected the rotation of frame 0, found another one")
        size = size[::-1] if how.transposed else size
        self._size = self._size if index else size
        if size != self._size:
            expected = f"{self._size[1]} x {self._size[0]} as in frame 0"
            raise ValueError(f"{place}: expected size {expected}, found {size[1]} x {size[0]}")
        self._ticks.append(frame.pts)
        self._packets.append(frame.opaque if isinstance(frame.opaque, int) else number)
        if frame.is_corrupt:
            self._corrupt.add(index)
        for what in _described(frame):
            self._mended[what] = self._mended.get(what, 0) + 1

    def facts(self, container: InputContainer, stream: VideoStream) -> VideoFacts:
        """Return what the whole pass found.

        Raises:
            ValueError: The frame rate is unknown.
        """
        count = len(self._packets)
        reason = next(iter(self._faulty.values()), "")
        try:
            rate, timestamps = frame_times(self._ticks, stream.time_base, stream.average_rate)
        except ValueError as error:
            raise ValueError(f"{self._path}: {error}") from error
        last = max(self._begins.values(), default=None)
        missing = missing_frames(container, stream, self._count, last, rate)
        cut = self._is_cut or not has_end(self._path, container.format.name)
        if is_listed(container):
            cut = cut or missing > 0
        faulty = {index for index, packet in enumerate(self._packets) if packet in self._faulty}
        return VideoFacts(
            *self._size,
            count,
            rate,
            timestamps,
            damaged=tuple(sorted(faulty | self._corrupt)),
            lost=self._rank(self._faulty.keys() - {*self._packets}),
            missing=missing if cut else 0,
            is_cut=cut,
            reason=reason,
        )

    def _rank(self, packets: Iterable[int]) -> tuple[int, ...]:
        """Return the numbers that the frames of some packets would have."""
        times = sorted(self._begins.values())
        ranks = (bisect_left(times, self._begins.get(each, times[-1])) for each in packets)
        return tuple(sorted(ranks)) if times else ()

    def count_mended(self) -> None:
        """Count the frames that are read in another way than a user could expect."""
        for what, count in self._mended.items():
            count_mended(what, count)


def _described(frame: VideoFrame) -> list[str]:
    """Return how a frame is read, where that is a choice."""
    components = frame.format.components
    kinds = {
        "interlaced video frames, not deinterlaced": frame.interlaced_frame,
        "video frames with an alpha channel, which is dropped": any(c.is_alpha for c in components),
        "HDR video frames, read without tone mapping": frame.color_trc in _HDR,
        "video frames of more than 8 bits, reduced to 8": any(c.bits > _BITS for c in components),
    }
    return [what for what, holds in kinds.items() if holds]


def _count_choices(container: InputContainer, stream: VideoStream, rate: float) -> None:
    """Count the streams that are not read, and what is assumed of the one that is."""
    others = [str(each.index) for each in video_streams(container) if each.index != stream.index]
    what = f"further video streams beside stream {stream.index}, not read ({', '.join(others)})"
    count_mended(what, len(others))
    ratio = stream.sample_aspect_ratio
    if ratio and ratio != 1:
        count_mended(f"videos whose pixels are {ratio} as wide as high, kept as they are stored")
    if int(container.format.flags) & _NO_TIMES:
        count_mended(f"videos without frame times, read at {rate:g} frames per second")


def _check(path: Path, facts: VideoFacts, *, accept_damaged: bool) -> None:
    """Raise ValueError for damage that is not accepted."""
    if facts.is_intact or (accept_damaged and facts.frame_count):
        return
    count, parts = facts.frame_count, []
    if facts.missing:
        promised = count + len(facts.lost) + facts.missing
        parts.append(f"expected {promised} frames, as the container says, found {count}")
    elif facts.is_cut:
        parts.append(f"the end of the file is missing after {count} frames")
    if facts.damaged:
        found = f"{len(facts.damaged)} of {count} frames damaged: {_ranges(facts.damaged)}"
        parts.append(f"{found} (from 0), and any predicted from them")
    if facts.lost:
        parts.append(f"frames that cannot be decoded: {_ranges(facts.lost)} (from 0)")
    reason = f" ({facts.reason})" if facts.reason else ""
    advice = f": {ACCEPT} reads what there is" if count else ""
    raise ValueError(f"{path}: {'; '.join(parts)}{reason}{advice}")


def _ranges(numbers: Iterable[int]) -> str:
    """Return sorted numbers as ranges, as in "3 to 5, 9"; the last ones are counted if many."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1].append(number)
        else:
            ranges.append([number])
    shown = [str(each[0]) if len(each) == 1 else f"{each[0]} to {each[-1]}" for each in ranges]
    more = len(shown) - _SHOWN
    return ", ".join(shown[:_SHOWN]) + (f" and {more} more ranges" if more > 0 else "")
