"""Videos of every kind that people bring, small, with what must be read from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.media.cases import Case, Make
from tests.support.media.drawn import draw
from tests.support.media.videos import COUNT, Video, cut, damage, write

VARIED_MS = [0, 33, 66, 200, 233, 500, 533, 700]
VARIED = tuple(each / 1000 for each in VARIED_MS)
RATE_OF_VARIED = 1 / 0.033  # of the median interval
BITS, ALPHA = "more than 8 bits, reduced to 8: 8", "alpha channel, which is dropped: 8"
WHOLE_FIRST = {"movflags": "+faststart"}  # the index of an MP4 file before its frames
NO_FRAMES = "expected video frames, found none"
ANOTHER_SIZE = "frame 8: expected size 64 x 48 as in frame 0, found 80"
SAID = "as the container says, found"


def written(
    codec: str = "libx264",
    pixels: str = "yuv420p",
    muxer: Mapping[str, str] | None = None,
    **given: Any,
) -> Make:
    """Return a function that writes a video, see `videos.Video`."""
    return lambda path: write(path, Video(codec, pixels, **given), muxer=muxer)


def turned(times: int, *, mirrored: bool = False, angle: int | None = None) -> Make:
    """Return a function that writes a video stored turned, which its display matrix undoes.

    Args:
        times: Quarter turns clockwise of the stored frames.
        mirrored: Whether left and right are exchanged in the stored frames too.
        angle: Angle in the matrix, if it is not the one that undoes the turn.
    """
    images = [np.rot90(draw(number), -times) for number in range(COUNT)]
    if mirrored:
        images = [image[:, ::-1] for image in images]
    turn = {"degrees": 90 * times if angle is None else angle, "hflip": mirrored}
    images = [np.ascontiguousarray(image) for image in images]
    return written(images=images, turn=turn)


def shortened(share: float, codec: str = "libx264", **given: Any) -> Make:
    """Return a function that writes a video and removes its end."""
    return lambda path: cut(written(codec, **given)(path), share)


def damaged(share: float, codec: str = "libx264", pixels: str = "yuv420p", **given: Any) -> Make:
    """Return a function that writes a video and changes some bytes."""
    return lambda path: damage(written(codec, pixels, **given)(path), share)


def several(path: Path) -> Path:
    """Write a file with a small and a large video stream."""
    small = Video("mpeg4", images=[np.full((24, 32, 3), 90, np.uint8)] * COUNT)
    return write(path, small, Video())


def covered(*videos: Video, sound: str = "") -> Make:
    """Return a function that writes videos beside cover art, which is larger."""
    art = Video("png", "rgb24", [np.full((240, 320, 3), 90, np.uint8)], is_cover=True)
    return lambda path: write(path, *videos, art, sound=sound)


def photo(orientation: int) -> Make:
    """Return a function that writes a photo stored turned, with EXIF data."""

    def make(path: Path) -> Path:
        exif = Image.Exif()
        exif[0x112] = orientation
        stored = np.rot90(draw(0), {6: 1, 3: 2, 8: 3}[orientation])
        Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif, quality=95)
        return path

    return make


def growing(path: Path) -> Path:
    """Write a stream of JPEG images, the last of which is larger."""
    first = written("mjpeg", "yuvj420p")(path.with_name("first.mjpeg"))
    last = written("mjpeg", "yuvj420p", images=[draw(9, 60, 80)])(path.with_name("last.mjpeg"))
    path.write_bytes(first.read_bytes() + last.read_bytes())
    return path


def text(content: bytes) -> Make:
    """Return a function that writes bytes which are no video."""

    def make(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return make


def without_colour() -> list[np.ndarray]:
    """Return frames in grey."""
    levels = [draw(number).mean(axis=2, keepdims=True) for number in range(COUNT)]
    return [each.astype(np.uint8).repeat(3, axis=2) for each in levels]


ODD = [draw(number, 47, 63) for number in range(COUNT)]
HDR = {"color_trc": 16, "color_primaries": 9, "colorspace": 9, "color_range": 1}
QUIET = {"x265-params": "log-level=none"}

VIDEOS = [
    # codecs and containers
    Case("h264.mp4", written()),
    Case("h264 B-frames.mkv", written(options={"bf": "2"})),
    Case("h264.ts", written()),
    Case("h264.flv", written()),
    Case("wmv2.wmv", written("wmv2"), near=6),
    Case("h264 fragments.mp4", written(muxer={"movflags": "frag_keyframe+empty_moov"})),
    Case("hevc.mp4", written("libx265", options=QUIET)),
    Case("av1.mp4", written("libsvtav1", options={"preset": "12", "crf": "20"})),
    Case("vp8.webm", written("libvpx")),
    Case("vp9.webm", written("libvpx-vp9")),
    Case("mpeg4.avi", written("mpeg4"), near=6),
    Case("msmpeg4.avi", written("msmpeg4"), near=6),
    Case("mjpeg.avi", written("mjpeg", "yuvj420p"), near=6),
    Case("mpeg2.ts", written("mpeg2video"), near=6),
    Case("ffv1.mkv", written("ffv1", "yuv444p"), near=1),
    Case("png.mov", written("png", "rgb24"), near=0),
    Case("palette.gif", written("gif", "rgb8"), near=20, notes=(ALPHA,)),
    Case("animated.apng", written("apng", "rgb24"), near=0),
    # pixels
    Case("prores 10 bit.mov", written("prores_ks", "yuv422p10le"), notes=(BITS,)),
    Case("prores alpha.mov", written("prores_ks", "yuva444p10le"), notes=(BITS, ALPHA)),
    Case("png alpha.mov", written("png", "rgba"), near=0, notes=(ALPHA,)),
    Case(
        "hdr.mp4",
        written(pixels="yuv420p10le", tags=HDR, colours={"dst_colorspace": 9}),
        near=4,
        notes=(BITS, "HDR video frames, read without tone mapping: 8"),
    ),
    Case(
        "grey.mp4",
        written(pixels="gray", images=without_colour(), tags={"color_range": 2}),
        grey=True,
    ),
    Case("odd.mkv", written("ffv1", images=ODD), size=(47, 63), near=4),
    Case("odd.avi", written("mpeg4", images=ODD), size=(47, 63), near=7),
    Case(
        "bt709 limited.mp4",
        written(
            pixels="yuv444p",
            tags={"colorspace": 1, "color_range": 1},
            colours={"dst_colorspace": 1},
        ),
        near=1.5,
    ),
    Case(
        "bt601 full.mp4",
        written(
            pixels="yuv444p",
            tags={"colorspace": 5, "color_range": 2},
            colours={"dst_colorspace": 5, "dst_color_range": 2},
        ),
        near=1.5,
    ),
    Case(
        "interlaced.mpg",
        written("mpeg2video", options={"flags": "+ildct+ilme"}),
        near=6,
        notes=("interlaced video frames, not deinterlaced: 8",),
    ),
    # rotation
    Case("turned 90.mp4", turned(1)),
    Case("turned 180.mp4", turned(2)),
    Case("turned 270.mov", turned(3)),
    Case("mirrored.mp4", turned(0, mirrored=True)),
    Case("photo 6.jpg", photo(6), numbers=(0,), rate=25, near=6),
    Case("photo 3.jpg", photo(3), numbers=(0,), rate=25, near=6),
    Case("turned 45.mp4", turned(0, angle=45), error="expected a rotation by a multiple of 90"),
    # streams
    Case("two streams.mkv", several, notes=("further video streams beside stream 1, not read",)),
    Case("cover art.mp4", covered(Video())),
    Case(
        "only cover art.mp3",
        covered(sound="libmp3lame"),
        error="expected a video stream, found only cover art",
    ),
    Case(
        "sound.wav",
        lambda path: write(path, sound="pcm_s16le"),
        error=r"sound\.wav: expected a video stream, found audio",
    ),
    Case("no frames.avi", written("ffv1", images=[]), error=NO_FRAMES),
    Case("text.mp4", text(b"not a video\n" * 9), error=r"text\.mp4: not a readable video"),
    Case("empty.mp4", text(b""), error=r"empty\.mp4: not a readable video: the file is empty"),
    Case("growing.mjpeg", growing, error=ANOTHER_SIZE),
    # time
    Case("varied.mp4", written(times_ms=VARIED_MS), rate=RATE_OF_VARIED, times=VARIED),
    Case("varied.mkv", written(times_ms=VARIED_MS), rate=RATE_OF_VARIED, times=VARIED),
    Case(
        "dropped frames.avi",
        written("mjpeg", "yuvj420p", times_ms=[0, 100, 200, 500, 600, 700, 900, 1000]),
        times=(0.0, 0.1, 0.2, 0.5, 0.6, 0.7, 0.9, 1.0),
        near=6,
    ),
    Case(
        "without container.h264",
        written(),
        rate=25,
        notes=("videos without frame times, read at 25 frames per second: 1",),
    ),
    Case("milliseconds.mkv", written(times_ms=[0, 33, 67, 100, 133, 167, 200, 233]), rate=30),
    Case("starts late.mkv", written(times_ms=[5000 + 100 * each for each in range(COUNT)])),
    Case(
        "edit list.mp4",
        written(times_ms=[100 * each - 200 for each in range(COUNT)]),
        numbers=tuple(range(2, COUNT)),
        notes=("hidden by the file's edit list, not read: 2",),
    ),
    # cut short
    Case("cut index last.mp4", shortened(0.5), error="moov atom not found: the recording was not"),
    Case("cut.mp4", shortened(0.9, muxer=WHOLE_FIRST), error=f"expected 8 frames, {SAID} [3-6]"),
    Case("cut.avi", shortened(0.95, "mpeg4"), error=f"expected 8 frames, {SAID} [3-7]"),
    Case("cut.mkv", shortened(0.85), error=f"expected 8 frames, {SAID} [3-6]"),
    Case("cut.webm", shortened(0.75, "libvpx-vp9"), error=f"expected 8 frames, {SAID} [3-6]"),
    Case("cut.flv", shortened(0.75), error=f"expected 8 frames, {SAID} 4"),
    Case("cut.gif", shortened(0.6, "gif", pixels="rgb8"), error="end of the file is missing after"),
    # damaged
    Case(
        "damaged.mkv", damaged(0.7), error=r"1 of 8 frames damaged: 0 \(from 0\), and any predicted"
    ),
    Case(
        "damaged.mp4",
        damaged(0.4, "mpeg4"),
        error="1 of 7 frames damaged: 2 .*; frames that cannot be decoded: 3",
    ),
    Case("damaged mjpeg.avi", damaged(0.65, "mjpeg", "yuvj420p"), error="of 8 frames damaged: "),
    Case("checksum.mkv", damaged(0.6, "ffv1"), error="slice CRC mismatch"),
    Case("checksum.mov", damaged(0.6, "png", "rgb24"), error="CRC mismatch"),
]
