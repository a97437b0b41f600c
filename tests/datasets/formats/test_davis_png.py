from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from datasets.formats import davis_png
from datasets.formats.davis_png import VOID, davis_extent, read_tracks, write_tracks
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.types import NO_TRACK, Extent, Tracks

LABELS = np.array([[0, 1, 1, 7], [0, 1, 255, 7], [0, 0, 0, 0]], np.uint8)


def save(path, labels, colours=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(labels)
    if colours:
        image.putpalette(b"rgb" * colours)
    image.save(path)
    return path


def masked_tracks(dense, frame, track, extent):
    masks = coco_rle.encode(np.array(dense, bool))
    ones = np.ones(len(masks))
    return Tracks(extent, frame, track, ones, ones, masks.boxes, masks)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*headers):
    """Return a file with one or more headers of width, height, bit depth and colour type."""
    found = b"".join(chunk(b"IHDR", struct.pack(">IIBBBBB", *each, 0, 0, 0)) for each in headers)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + found + pixels + chunk(b"IEND", b"")


def test_pixel_values_are_objects_and_255_is_void_without_identity(tmp_path):
    save(tmp_path / "00000.png", np.zeros_like(LABELS))
    save(tmp_path / "00001.png", LABELS)
    found = read_tracks(tmp_path)
    assert found.extent == Extent(3, 4, 2, {1: "object", 255: "void"}, (255,))
    assert found.frame.tolist() == [1, 1, 1]
    assert found.track.tolist() == [1, 7, NO_TRACK]
    assert found.class_id.tolist() == [1, 1, VOID]
    assert found.box.tolist() == [[1, 0, 3, 2], [3, 0, 4, 2], [2, 1, 3, 2]]
    dense = coco_rle.decode(found.rle)
    assert all(np.array_equal(dense[i], value == LABELS) for i, value in enumerate((1, 7, 255)))


def test_255_is_an_object_without_void(tmp_path):
    save(tmp_path / "00000.png", LABELS)
    assert read_tracks(tmp_path, void=False).track.tolist() == [1, 7, 255]


def test_run_lengths_equal_those_of_the_coco_api(tmp_path):
    save(tmp_path / "00000.png", LABELS)
    expected = coco_rle.encode(np.stack([LABELS == 1, LABELS == 7, LABELS == 255]))
    assert read_tracks(tmp_path).rle == expected


@pytest.mark.parametrize("colours", [2, 4, 16, 256])
def test_packed_palettes_of_few_colours_are_read(tmp_path, colours):
    labels = (np.arange(12).reshape(3, 4) % colours).astype(np.uint8)
    path = save(tmp_path / "00000.png", labels, colours=colours)
    depth = path.read_bytes()[24]
    assert depth == {2: 1, 4: 2, 16: 4, 256: 8}[colours]
    assert read_tracks(tmp_path).track.tolist() == np.unique(labels)[1:].tolist()


def test_sequences_without_objects_have_empty_masks_of_their_size(tmp_path):
    save(tmp_path / "00000.png", np.zeros((3, 4), np.uint8))
    found = read_tracks(tmp_path)
    assert (len(found), found.rle) == (0, Masks((), 3, 4))


labels_of_videos = st.integers(1, 4).flatmap(
    lambda count: arrays(
        np.uint8, (count, 5, 4), elements=st.sampled_from([0, 0, 1, 2, 9, 254, 255])
    )
)


@pytest.mark.slow
@given(labels_of_videos)
def test_files_survive_a_round_trip(tmp_path_factory, labels):
    folder = tmp_path_factory.mktemp("davis")
    for index, each in enumerate(labels):
        save(folder / "in" / f"{index:05d}.png", each)
    found = read_tracks(folder / "in")
    write_tracks(folder / "out", found)
    assert read_tracks(folder / "out").same(found)
    for index, each in enumerate(labels):
        assert np.array_equal(np.array(Image.open(folder / "out" / f"{index:05d}.png")), each)


def test_frames_without_a_mask_are_written_and_other_files_stay(tmp_path):
    save(tmp_path / "notes.png", LABELS)
    (tmp_path / "readme.txt").write_text("mine")
    dense = np.zeros((1, 3, 4), bool)
    dense[0, 1, 1] = True
    write_tracks(tmp_path, masked_tracks(dense, [1], [254], davis_extent(3, 4, 3)))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "00000.png", "00001.png", "00002.png", "notes.png", "readme.txt",
    ]  # fmt: skip
    assert not np.array(Image.open(tmp_path / "00002.png")).any()
    assert np.array(Image.open(tmp_path / "00001.png"))[1, 1] == 254


@pytest.mark.parametrize(
    ("mode", "dtype"), [("1", bool), ("I;16", np.uint16), ("L", np.uint8), ("LA", np.uint8)]
)
def test_grey_masks_of_other_depths_are_read(tmp_path, mode, dtype):
    labels = np.array([[0, 1, 1], [1, 0, 0]], dtype)
    values = labels if mode == "1" else labels * dtype(7)
    pixels = np.stack([values, np.full_like(values, 255)], axis=2) if mode == "LA" else values
    Image.fromarray(pixels).save(tmp_path / "00000.png")
    with Image.open(tmp_path / "00000.png") as image:
        assert image.mode == mode
    found = davis_png.read_tracks(tmp_path)
    assert found.track.tolist() == [1 if mode == "1" else 7]
    assert np.array_equal(coco_rle.decode(found.rle)[0], labels)


def test_values_of_sixteen_bits_and_transparent_pixels_are_refused(tmp_path):
    Image.fromarray(np.array([[0, 256]], np.uint16)).save(tmp_path / "00000.png")
    with pytest.raises(ValueError, match=r"00000\.png: .*expected values up to 255, found 256"):
        davis_png.read_tracks(tmp_path)
    Image.fromarray(np.array([[[1, 255], [1, 0]]], np.uint8)).save(tmp_path / "00000.png")
    with pytest.raises(ValueError, match=r"00000\.png: .*expected opaque pixels, found alpha 0"):
        davis_png.read_tracks(tmp_path)


def test_objects_have_the_colours_of_davis(tmp_path, shared):
    write_tracks(tmp_path, masked_tracks(np.ones((1, 3, 4)), [0], [1], davis_extent(3, 4, 1)))
    ours = Image.open(tmp_path / "00000.png")
    real = Image.open(shared / "davis2017" / "dogs-jump" / "masks" / "00000.png")
    assert ours.mode == "P"
    assert ours.getpalette()[:66] == real.getpalette()[:66]
    assert ours.getpalette()[-3:] == [224, 224, 192]


@pytest.mark.parametrize(
    ("frame", "track", "message"),
    [
        ([0, 0], [1, 2], r"frame 0 \(from 0\): masks of tracks 1 and 2 share a pixel"),
        ([0, 1], [1, 255], r"identity: expected 1 to 254, found 255 in frame 1 \(from 0\)"),
        ([0, 1], [0, 1], "identity: expected 1 to 254, found 0 in frame 0"),
    ],
)
def test_tracks_that_the_format_cannot_hold_are_refused(tmp_path, frame, track, message):
    tracks = masked_tracks(np.ones((2, 3, 4)), frame, track, davis_extent(3, 4, 2))
    with pytest.raises(ValueError, match=message):
        write_tracks(tmp_path / "out", tracks)
    assert not (tmp_path / "out").exists()


def test_tracks_without_masks_are_refused(tmp_path):
    one = np.ones(1)
    boxes = Tracks(davis_extent(3, 4, 1), 0 * one, one, one, one, np.array([[0.0, 0, 1, 1]]))
    with pytest.raises(ValueError, match="no masks to write"):
        write_tracks(tmp_path, boxes)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a PNG file, found 0 bytes"),
        (b"GIF89a" + b"\0" * 40, "not a PNG file"),
        (
            png((4, 3, 16, 4)),
            "expected an indexed PNG, or grey of 1, 8 or 16 bits, found 16 bits of",
        ),
        (png((4, 3, 8, 2)), "expected .*, found 8 bits of colour type 2"),
        (
            png((4, 3, 4, 0)),
            "expected .*, found grey of 4 bits: 1 is object 1 as stored, 17 in DAV",
        ),
        (png((1 << 20, 1 << 20, 8, 3)), "expected 1 to 67108864 pixels, found size 1048576 x 1048"),
        (png((0, 3, 8, 3)), "expected 1 to 67108864 pixels, found size 3 x 0"),
        (png((400, 300, 8, 3)), "not a readable PNG file"),  # with too few pixels
        (png((4, 3, 8, 3), (5, 3, 8, 3)), "not a readable PNG file: contradictory headers"),
        (png((4, 3, 8, 3), (1 << 20, 1 << 20, 8, 3)), "not a readable PNG file: Image size"),
    ],
)
def test_a_file_that_is_not_a_mask_is_named(tmp_path, data, message):
    save(tmp_path / "00000.png", LABELS)
    (tmp_path / "00001.png").write_bytes(data)
    with pytest.raises(ValueError, match=rf"00001\.png: {message}"):
        read_tracks(tmp_path)


@pytest.mark.slow
def test_damage_is_an_error_that_names_the_file_or_changes_nothing(tmp_path):
    path = save(tmp_path / "00000.png", LABELS, colours=256)
    whole = path.read_bytes()
    expected, refusals = read_tracks(tmp_path), []
    for place in range(len(whole)):
        for data in (whole[:place], _with_bit_flipped(whole, place)):
            path.write_bytes(data)
            try:
                assert read_tracks(tmp_path).same(expected)
            except ValueError as error:
                refusals.append(str(error))
    assert all("00000.png" in each for each in refusals)
    assert len(refusals) >= 2 * len(whole) - 24  # all bytes except the end chunk are checked


def _with_bit_flipped(data, place):
    return data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :]


def test_frames_of_different_sizes_are_refused_by_name(tmp_path):
    save(tmp_path / "00000.png", LABELS)
    save(tmp_path / "00001.png", LABELS.T.copy())
    with pytest.raises(ValueError, match=r"00001\.png: expected size 3 x 4 as in .*, found 4 x 3"):
        read_tracks(tmp_path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "expected a PNG file for each frame, found none"),
        (["9.png", "10.png"], "file names differ in length"),
    ],
)
def test_folders_with_ambiguous_frames_are_refused(tmp_path, names, message):
    for name in names:
        save(tmp_path / name, LABELS)
    with pytest.raises(ValueError, match=message):
        read_tracks(tmp_path)


def test_files_are_written_completely_or_not_at_all(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(davis_png.Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        write_tracks(tmp_path, masked_tracks(np.ones((1, 3, 4)), [0], [1], davis_extent(3, 4, 1)))
    assert not list(tmp_path.iterdir())


def test_run_lengths_of_random_images_equal_those_of_the_coco_api(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.choice(np.array([0, 1, 2, 3, 255], np.uint8), (60, 70))
    labels = np.repeat(np.repeat(labels, 3, 0), 2, 1)
    stream = io.BytesIO()
    Image.fromarray(labels).save(stream, format="PNG")
    (tmp_path / "00000.png").write_bytes(stream.getvalue())
    expected = coco_rle.encode(np.stack([labels == value for value in (1, 2, 3, 255)]))
    assert read_tracks(tmp_path).rle == expected
