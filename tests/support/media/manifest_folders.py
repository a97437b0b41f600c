"""Folders of images with every kind of name and file, with what must be read from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from tests.support.media.cases import Case, Make
from tests.support.media.drawn import draw
from tests.support.media.videos import Video, cut, write

_ORIENTATION = 0x112  # tag of EXIF
# how the stored image is made from the upright one, by EXIF orientation
_STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda image: image[:, ::-1],
    3: lambda image: np.rot90(image, 2),
    6: lambda image: np.rot90(image, 1),
    8: lambda image: np.rot90(image, -1),
}
_LOSSY = 6.0  # levels


def images(*names: str, **others: bytes) -> Make:
    """Return a function that writes a folder of images that show 0, 1, ... in the given order.

    Args:
        others: Content of further files, by name; "__" stands for a point.
    """

    def make(folder: Path) -> Path:
        folder.mkdir()
        for number, name in enumerate(names):
            Image.fromarray(draw(number)).save(folder / name)
        for name, content in others.items():
            (folder / name.replace("__", ".")).write_bytes(content)
        return folder

    return make


def single(name: str, image: np.ndarray) -> Make:
    """Return a function that writes a folder with one image, in which grey levels stay as given.

    Args:
        image: (height, width) or (height, width, 3 or 4), RGB or RGBA, of any depth.
    """

    def make(folder: Path) -> Path:
        folder.mkdir()
        order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
        stored = image if image.ndim == 2 else cv2.cvtColor(image, order[image.shape[2]])
        assert cv2.imwrite(str(folder / name), stored)
        return folder

    return make


def turned(folder: Path) -> Path:
    """Write photos stored turned and mirrored, with the orientation in their EXIF data."""
    folder.mkdir()
    for number, (orientation, store) in enumerate(_STORED.items()):
        exif = Image.Exif()
        exif[_ORIENTATION] = orientation
        stored = np.ascontiguousarray(store(draw(number)))
        Image.fromarray(stored).save(folder / f"{number}.jpg", exif=exif, quality=95)
    return folder


def several_in_one(name: str, **given: Any) -> Make:
    """Return a function that writes a folder with a file of two images."""

    def make(folder: Path) -> Path:
        folder.mkdir()
        first, second = (Image.fromarray(draw(number)) for number in (0, 1))
        first.save(folder / name, save_all=True, append_images=[second], **given)
        return folder

    return make


def of_two_sizes(folder: Path) -> Path:
    """Write two images of different sizes."""
    images("0.png")(folder)
    Image.fromarray(draw(1, 50, 64)).save(folder / "1.png")
    return folder


def with_video(folder: Path) -> Path:
    """Write an image and a video."""
    write(images("0.png")(folder) / "a.mp4", Video())
    return folder


def in_subfolder(folder: Path) -> Path:
    """Write images into img1/ only."""
    folder.mkdir()
    images("1.png")(folder / "img1")
    return folder


def with_cut_jpeg(folder: Path) -> Path:
    """Write a whole and a truncated JPEG."""
    cut(images("0.jpg", "1.jpg")(folder) / "1.jpg", 0.5)
    return folder


def first(count: int) -> tuple[int, ...]:
    """Return the first numbers, from 0."""
    return tuple(range(count))


def deep(number: int) -> np.ndarray:
    """Return a frame with 16 bits per channel."""
    return draw(number).astype(np.uint16) << 8


ALPHA = np.dstack([draw(0), np.zeros(draw(0).shape[:2], np.uint8)])
GREY = draw(0).mean(axis=2).astype(np.uint8)
GAPS = "numbers missing among the images ("
KINDS = ("0.png", "1.bmp", "2.tif", "3.ppm", "4.TIFF", "5.jp2", "6.gif")
DATES = ("2024-9-30", "2024-10-1", "2024-10-12", "2025-1-1")

FOLDERS = [
    # order
    Case("numbers", images("1.png", "2.png", "10.png"), first(3), near=0, notes=(GAPS,)),
    Case("zeros", images("f_0008.png", "f_0009.png", "f_10.png"), first(3), near=0),
    Case(
        "decimals",
        images("0.25.png", "0.5.png", "1.png"),
        first(3),
        near=0,
        notes=("image names sorted as decimal numbers: 3",),
    ),
    Case("seconds", images("t_9.500.png", "t_10.000.png"), first(2), near=0),
    Case(
        "negative", images("-10.png", "-2.png", "0.png", "3.png"), first(4), near=0, notes=(GAPS,)
    ),
    Case(
        "negative after",
        images("x_-10.png", "x_-9.png", "x_1.png"),
        first(3),
        near=0,
        notes=(GAPS,),
    ),
    Case(
        "dashes",
        images("frame-1.png", "frame-2.png", "frame-10.png"),
        first(3),
        near=0,
        notes=(GAPS,),
    ),
    Case("dates", images(*(f"{each}.png" for each in DATES)), first(4), near=0),
    Case("points", images("2024.9.30.png", "2024.10.1.png"), first(2), near=0),
    Case("nanoseconds", images(*(f"{1 << 60 | n}.png" for n in range(3))), first(3), near=0),
    Case("year last", images("31-01-2024.png", "01-02-2024.png"), error="dates with the year last"),
    Case(
        "two orders", images("1.9.png", "1.10.png"), error="the names have two orders: as decimal"
    ),
    Case("cameras", images("cam1.9.png", "cam1.10.png"), error="the names have two orders"),
    Case("twice", images("2.png", "02.png"), error=r"02\.png and 2\.png are the same frame"),
    Case("two kinds", images("2.png", "2.jpg"), error=r"2\.jpg and 2\.png are the same frame"),
    Case(
        "words",
        images("first.png", "second.png", "third.png"),
        first(3),
        near=0,
        notes=("images without a number in their names, sorted by text (first.png, second.png, ",),
    ),
    Case(
        "gaps",
        images("f1.png", "f2.png", "f5.png", "f9.png"),
        first(4),
        near=0,
        notes=("numbers missing among the images (3, 4, 6, ...): 5",),
    ),
    Case("steps", images("00000.png", "00005.png", "00010.png"), first(3), near=0),
    # kinds
    Case("mixed kinds", images(*KINDS), first(7), near=20),
    Case("webp", images("0.webp", "1.WEBP"), first(2), near=_LOSSY),
    Case("avif", images("0.avif"), first(1), near=_LOSSY),
    Case("jpeg", images("0.jpg", "1.JPEG"), first(2), near=_LOSSY),
    Case("hidden", images("0.png", __DS_Store=b"x", Thumbs__db=b"x"), first(1), near=0),
    Case("resource forks", images("0.png", **{".__0.png": b"x"}), first(1), near=0),
    Case(
        "other files",
        images("0.png", "1.png", notes__txt=b"x"),
        first(2),
        near=0,
        notes=("files and folders beside the images, not read (notes.txt): 1",),
    ),
    Case("heic", images("0.png", IMG_1__HEIC=b"x"), error=r"IMG_1\.HEIC: HEIC images are not read"),
    Case("raw", images("0.png", IMG_1__dng=b"x"), error="DNG images are not read: convert all"),
    Case("with video", with_video, error=r"expected images or a video, found both: a\.mp4"),
    Case("in a folder", in_subfolder, error="found none: there are images in the folder img1"),
    Case("nothing", images(notes__txt=b"x"), error=r"expected images \(.*\), found none"),
    Case("two sizes", of_two_sizes, error=r"1\.png: expected size 64 x 48 as in .*0\.png, found"),
    Case("cut jpeg", with_cut_jpeg, error=r"1\.jpg: not a readable image"),
    Case("no image", images("0.png", x1__png=b"x"), error=r"x1\.png: not a readable image"),
    Case("pages.tif", several_in_one("0.tif"), error="expected one image in the file, found 2"),
    Case("moving webp", several_in_one("0.webp"), error="expected one image in the file, found 2"),
    Case("moving png", several_in_one("0.png"), error="expected one image in the file, found 2"),
    # pixels
    Case("16 bit", single("0.png", deep(0)), first(1), near=0, notes=("reduced to 8: 1",)),
    Case("16 bit tif", single("0.tif", deep(0)), first(1), near=1, notes=("reduced to 8: 1",)),
    Case("grey", single("0.png", GREY), first(1), near=1, grey=True),
    Case("alpha", single("0.png", ALPHA), first(1), near=0, notes=("which is dropped: 1",)),
    Case("float", single("0.tif", np.ones((48, 64), np.float32)), error="not a readable image"),
    Case("photos", turned, first(4), near=_LOSSY, notes=("as their EXIF data says: 4",)),
]
