"""Count what is left out of an image folder, and how names and pixels were read, for the user."""

from __future__ import annotations

from collections.abc import Sequence as Many
from itertools import chain, islice, pairwise
from math import gcd
from pathlib import Path
from typing import TYPE_CHECKING

from datasets.io.mended import count_mended
from datasets.media.image_names import IMAGES, VIDEOS, Key, has_decimals, order, visible

if TYPE_CHECKING:
    from PIL.Image import Image

_SHOWN = 3  # names
_BITS = 8
_ORIENTATION, _BITS_PER_SAMPLE = 0x112, 258  # tags of EXIF and TIFF
_UPRIGHT = (None, 1)
_PNG_DEPTH = 24  # offset of the bit depth in a PNG file
_MAX_MISSING = 10  # times the number of images


def count_folder_notes(folder: Path, images: Many[Path]) -> None:
    """Count the files of a folder that are not images, and what was decided about names.

    Args:
        images: The images of the folder, in order.

    Raises:
        ValueError: There are no images, or there are videos beside them.
    """
    files = visible(folder)
    videos = [path.name for path in files if path.suffix.lower() in VIDEOS]
    if not images:
        raise ValueError(f"{folder}: {_describe_none(files, videos)}")
    if videos:
        raise ValueError(f"{folder}: expected images or a video, found both: {_show(videos)}")
    others = [path.name for path in files if path.suffix.lower() not in IMAGES]
    count_mended(f"files and folders beside the images, not read ({_show(others)})", len(others))
    unnumbered = [path.name for path in images if all(text for _, text in order(path.stem))]
    what = f"images without a number in their names, sorted by text ({_show(unnumbered)})"
    count_mended(what, len(unnumbered) if len(images) > 1 else 0)
    count_mended("image names sorted as decimal numbers", len(images) * has_decimals(images))
    missing, first = _missing(images)
    count_mended(f"numbers missing among the images ({_show(first)})", missing)


def _describe_none(files: Many[Path], videos: Many[str]) -> str:
    kinds = ", ".join(sorted(IMAGES))
    if videos:
        hint = f": give a video by its name, such as {videos[0]}"
    else:
        folders = [path for path in files if path.is_dir()]
        inner = [
            path.name for path in folders if any(f.suffix.lower() in IMAGES for f in path.iterdir())
        ]
        hint = f": there are images in the folder {inner[0]}" if inner else ""
    return f"expected images ({kinds}), found none{hint}"


def _show(names: Many[object]) -> str:
    """Return the first names or numbers, and whether there are more."""
    more = len(names) - _SHOWN
    shown = ", ".join(map(str, names[:_SHOWN]))
    return f"{shown}, ..." if more > 0 else shown


def _missing(images: Many[Path]) -> tuple[int, list[int]]:
    """Return how many numbers are missing in a series of names, and the first of them.

    None are if the names differ in more than one whole number, or if most numbers are missing, as
    among times.
    """
    numbers = _series([order(path.stem) for path in images])
    if len(numbers) <= 1:
        return 0, []
    step = gcd(*(after - numbers[0] for after in numbers[1:]))
    count = (numbers[-1] - numbers[0]) // step + 1 - len(numbers)
    if count > _MAX_MISSING * len(numbers):
        return 0, []
    gaps = (range(one + step, other, step) for one, other in pairwise(numbers))
    return count, list(islice(chain.from_iterable(gaps), _SHOWN + 1))


def _series(keys: Many[Key]) -> list[int]:
    """Return the whole numbers in which names differ; none if they differ in anything else."""
    if len({len(key) for key in keys}) != 1:
        return []
    varying = [place for place in zip(*keys, strict=True) if len({*place}) > 1]
    if len(varying) != 1 or any(text or number % 1 for number, text in varying[0]):
        return []
    return [int(number) for number, _ in varying[0]]


def count_image_notes(path: Path) -> None:
    """Count how the pixels of an image are read, where that is a choice.

    Raises:
        ValueError: The file holds several images, or cannot be read. Names the file.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            pictures = 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))
            orientation = image.getexif().get(_ORIENTATION)
            transparent = image.has_transparency_data
            bits = _depth(path, image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: not a readable image: {error}") from error
    if pictures > 1:
        reason = f"expected one image in the file, found {pictures}"
        raise ValueError(f"{path}: {reason}: if it is the video, give its name instead")
    count_mended("images rotated as their EXIF data says", orientation not in _UPRIGHT)
    count_mended("images with transparency, which is dropped", transparent)
    count_mended("images of more than 8 bits, reduced to 8", bits > _BITS)


def _depth(path: Path, image: Image) -> int:
    """Return the bits of a channel."""
    if image.format == "PNG":
        with path.open("rb") as file:
            return file.read(_PNG_DEPTH + 1)[_PNG_DEPTH]
    samples = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, _BITS)
    return max(samples) if isinstance(samples, tuple) else int(samples)
