"""Images and video files as frames: RGB uint8, decoded eagerly, every frame or an error."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Many
from itertools import islice
from pathlib import Path

import numpy as np

from datasets.io.file_stamp import check_stamp
from datasets.io.files import naming_target
from datasets.media.image_names import sort_images
from datasets.media.image_size import Size, check_size
from datasets.media.video_reader import decode_video, open_video
from datasets.types import Extent, Sequence

_JPEG, _JPEG_END = b"\xff\xd8", b"\xff\xd9"


def sequence_frames(sequence: Sequence) -> Iterator[np.ndarray]:
    """Return each frame of a prepared sequence, as `read_frames` yields them.

    Raises:
        FileNotFoundError: The image folder or video file does not exist.
        ValueError: The sequence has no images, or its video has changed since it was prepared;
            while iterating, as `read_frames`.
    """
    images = _unchanged(sequence)
    return read_frames(images, sequence.extent, tolerant=sequence.damaged is not None)


def _unchanged(sequence: Sequence) -> Path:
    """Return the images of a sequence; raises as `sequence_frames`."""
    if sequence.images is None:
        raise ValueError(f"{sequence.name}: this sequence has no images")
    images = Path(sequence.images)
    if not images.exists():
        raise FileNotFoundError(f"{images}: no such image folder or video file")
    if sequence.video is not None:
        check_stamp(images, sequence.video)
    return images


def sequence_frame(sequence: Sequence, index: int) -> np.ndarray:
    """Return one frame of a prepared sequence, (height, width, 3) uint8 RGB.

    Raises:
        FileNotFoundError: The image folder or video file does not exist.
        ValueError: The sequence has no images or no such frame, its video has changed since it was
            prepared, or the frame cannot be decoded or differs in size from the sequence.
    """
    images, extent = _unchanged(sequence), sequence.extent
    name, image = f"{images}, frame {index}", None
    if images.is_dir():
        found = list_images(images)[index : index + 1]
        image = read_image(found[0]) if found else None
    else:
        decoded = _decode(images, None, tolerant=sequence.damaged is not None, threaded=True)
        image = next((each for _, each in islice(decoded, index, None)), None)
    if image is None:
        raise ValueError(f"{name}: expected one of {extent.frame_count} frames, found none")
    if image.shape != (extent.height, extent.width, 3):
        raise ValueError(f"{name}: expected {extent.height} x {extent.width}, found {image.shape}")
    return image


def read_frames(images: Path, extent: Extent, *, tolerant: bool = False) -> Iterator[np.ndarray]:
    """Yield each frame of an image folder or video file as (height, width, 3) uint8 RGB.

    Args:
        tolerant: Whether damaged frames of a video are yielded as the decoder conceals them.

    Raises:
        FileNotFoundError: There is no such folder or file.
        ValueError: A frame cannot be decoded or differs in size from `extent`, or the number of
            frames differs from that of `extent`. Names the file and the frame.
    """
    expected, count = (extent.height, extent.width, 3), 0
    for source, image in _decode(images, expected[:2], tolerant=tolerant, threaded=True):
        if image.shape != expected:
            shown, expected_size = (f"{each[1]} x {each[0]}" for each in (image.shape, expected))
            raise ValueError(f"{source}: expected size {expected_size}, found {shown}")
        count += 1
        if count > extent.frame_count:
            break
        yield image
    if count != extent.frame_count:
        found = f"more than {extent.frame_count}" if count > extent.frame_count else count
        raise ValueError(f"{images}: expected {extent.frame_count} frames, found {found}")


def decode_frames(
    images: Path, size: Size | None = None, *, tolerant: bool = False
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the pixels of each frame of an image folder or video file.

    A video is checked for damage as `read_facts` does.

    Args:
        size: Height and width, if known; images whose header has more pixels are not decoded.
        tolerant: Whether damaged frames of a video are yielded as the decoder conceals them.

    Raises:
        FileNotFoundError: There is no such folder or file.
        ValueError: A frame cannot be decoded or is too large, or the order of the images is
            ambiguous. Names it.
    """
    return _decode(images, size, tolerant=tolerant, threaded=False)


def _decode(
    images: Path, size: Size | None, *, tolerant: bool, threaded: bool
) -> Iterator[tuple[str, np.ndarray]]:
    if not images.exists():
        raise FileNotFoundError(f"{images}: no such image folder or video file")
    if images.is_dir():
        return _from_folder(images, size)
    return decode_video(images, size, tolerant=tolerant, threaded=threaded)


def read_frame_rate(video: Path) -> float:
    """Return the mean frame rate of a video file's header.

    Raises:
        ValueError: The frame rate is missing, or the file is not a video. Names the file.
    """
    with open_video(video, threaded=False) as (_, stream):
        rate = stream.average_rate
    if not rate:
        raise ValueError(f"{video}: the frame rate is unknown")
    return float(rate)


def list_images(folder: Path) -> list[Path]:
    """Return the image files of a folder, sorted by the numbers in their names, then the text.

    Raises:
        ValueError: As `image_names.sort_images`.
    """
    return sort_images(folder)


def write_image(path: Path, image: np.ndarray, parameters: Many[int] = ()) -> None:
    """Write an RGB image of shape (height, width, 3) uint8; the suffix chooses the format.

    Args:
        parameters: Parameters of `cv2.imencode`.

    Raises:
        OSError: The file cannot be written. Names the file.
    """
    import cv2  # here: converting result files needs no OpenCV

    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(path.suffix, bgr, [*parameters])
    if not done:
        raise OSError(f"{path}: the image could not be encoded")
    try:
        with naming_target(path, path):
            path.write_bytes(data.tobytes())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _from_folder(folder: Path, size: Size | None) -> Iterator[tuple[str, np.ndarray]]:
    for path in list_images(folder):
        yield str(path), read_image(path, size)


def read_image(path: Path, size: Size | None = None) -> np.ndarray:
    """Return an image file as (height, width, 3) uint8 RGB.

    Args:
        size: Height and width, if known; an image whose header has more pixels is not decoded.

    Raises:
        ValueError: The file is not a readable image, or has too many pixels. Names the file.
    """
    import cv2

    data = path.read_bytes()
    check_size(path, data, size)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    is_cut = data.startswith(_JPEG) and not data.endswith(_JPEG_END)
    if image is None or (is_cut and _is_truncated(path)):
        raise ValueError(f"{path}: not a readable image")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _is_truncated(path: Path) -> bool:
    """Return whether the end of a JPEG is missing, which OpenCV silently fills with grey."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return True
    return False
