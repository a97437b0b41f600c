from __future__ import annotations

import av
import numpy as np
import pytest

from datasets.media.frames import list_images, read_frame_rate, read_frames, write_image
from datasets.types import Extent

CLASSES = {1: "person"}


def extent(frame_count, height=32, width=48):
    return Extent(height, width, frame_count, CLASSES)


@pytest.fixture
def folder(tmp_path):
    for index in range(3):
        image = np.zeros((32, 48, 3), np.uint8)
        image[..., 0] = 10 * index  # red
        write_image(tmp_path / "images" / f"{index:06d}.png", image)
    return tmp_path / "images"


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "v.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        for index in range(20):
            image = np.random.default_rng(index).integers(0, 255, (32, 48, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_images_are_rgb_and_sorted_by_name(folder):
    images = list(read_frames(folder, extent(3)))
    assert [image[0, 0].tolist() for image in images] == [[0, 0, 0], [10, 0, 0], [20, 0, 0]]


def test_every_frame_of_a_video_is_rgb_uint8(video):
    images = list(read_frames(video, extent(20)))
    assert len(images) == 20
    assert images[0].shape == (32, 48, 3)
    assert images[0].dtype == np.uint8


def test_a_truncated_video_is_named(video):
    whole = video.read_bytes()
    video.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"v\.mp4"):
        list(read_frames(video, extent(20)))


def test_a_video_with_too_few_frames_is_refused(video):
    with pytest.raises(ValueError, match=r"v\.mp4: expected 25 frames, found 20"):
        list(read_frames(video, extent(25)))


def test_a_folder_with_too_many_images_is_refused(folder):
    with pytest.raises(ValueError, match="expected 2 frames, found more than 2"):
        list(read_frames(folder, extent(2)))


def test_an_image_of_another_size_is_named(folder):
    write_image(folder / "000001.png", np.zeros((30, 48, 3), np.uint8))
    with pytest.raises(ValueError, match=r"000001\.png: expected size .*, found 48 x 30"):
        list(read_frames(folder, extent(3)))


def test_a_broken_image_is_named(folder):
    (folder / "000002.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"000002\.png: not a readable image"):
        list(read_frames(folder, extent(3)))


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        list(read_frames(tmp_path / "nowhere", extent(3)))


@pytest.mark.slow
def test_a_real_video_is_decoded_completely(shared):
    path = shared / "videos" / "one-by-one-person-detection.mp4"
    count = sum(1 for _ in read_frames(path, extent(1394, 432, 768)))
    assert count == 1394


def test_names_are_sorted_by_the_numbers_in_them(tmp_path):
    names = ["b10.png", "b9.png", "a.png", "b9x.png"]
    for name in names:
        write_image(tmp_path / name, np.zeros((2, 2, 3), np.uint8))
    (tmp_path / "notes.txt").write_text("")
    assert [path.name for path in list_images(tmp_path)] == [
        "a.png",
        "b9.png",
        "b9x.png",
        "b10.png",
    ]


def test_a_truncated_jpeg_is_named(tmp_path):
    image = np.random.default_rng(0).integers(0, 255, (32, 48, 3), np.uint8)
    path = tmp_path / "0.jpg"
    write_image(path, image)
    data = path.read_bytes()
    path.write_bytes(data + b"\0\0")  # a complete JPEG with trailing bytes
    assert len(list(read_frames(tmp_path, extent(1)))) == 1
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r"0\.jpg: not a readable image"):
        list(read_frames(tmp_path, extent(1)))


def test_the_frame_rate_of_a_video_is_read(video, tmp_path):
    assert read_frame_rate(video) == 10
    (tmp_path / "no.mp4").write_bytes(b"none")
    with pytest.raises(ValueError, match=r"no\.mp4: not a readable video"):
        read_frame_rate(tmp_path / "no.mp4")
