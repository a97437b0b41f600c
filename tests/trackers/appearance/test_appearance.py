"""Crops and appearance vectors, by hand and of a real network; the inputs of a method."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml

from datasets.media.frames import decode_frames
from datasets.sequences.sequence_json import open_sequence, read_sequence
from datasets.types import Detections, Frame
from trackers.appearance.crops import crop
from trackers.appearance.embedder import Card, Embedder, InputSpec, load_embedder, read_card
from trackers.contract import load_method, load_tracker
from trackers.engines.card import card_files
from trackers.feed import read_feed

OSNET = "osnet_x0_25_msmt17.onnx"


def boxes(*rows):
    return np.array(rows, float).reshape(-1, 4)


def test_a_crop_has_every_pixel_that_the_box_touches_and_is_clipped_to_the_image():
    image = np.arange(10 * 20 * 3, dtype=np.uint8).reshape(10, 20, 3)
    crops, rows = crop(image, boxes([3.9, 2.1, 6.1, 4.5], [-5, 7.5, 3.5, 30]), (3, 4))
    assert rows.tolist() == [0, 1]
    assert np.array_equal(crops[0], image[2:5, 3:7])
    assert np.array_equal(crops[1], image[7:10, 0:4])


def test_a_crop_is_stretched_to_the_input():
    image = np.repeat(np.array([[0, 200]], np.uint8), 5, axis=1)[..., None].repeat(3, axis=2)
    crops, _ = crop(image.repeat(4, axis=0), boxes([0, 0, 10, 4]), (6, 8))
    assert crops.shape == (1, 6, 8, 3)
    assert (crops[0, :, :3] == 0).all()
    assert (crops[0, :, 5:] == 200).all()


@pytest.mark.parametrize(
    "box", [[20, 0, 30, 5], [-9, 0, 0, 5], [0, 10, 5, 12], [3, 3, 3, 5], [5, 3, 4, 5]]
)
def test_a_box_without_area_in_the_image_has_no_crop(box):
    crops, rows = crop(np.ones((10, 20, 3), np.uint8), boxes([1, 1, 2, 2], box), (6, 8))
    assert (len(crops), rows.tolist()) == (1, [0])


class Mean:
    """A network whose vector is the mean of each channel; records the sizes of its batches."""

    def __init__(self):
        self.counts = []

    def __call__(self, images):
        self.counts.append(len(images))
        return {"vector": images.mean(axis=(2, 3))}


def make_embedder(engine, batch=None, fixed=False, **card):
    card = Card("mean.onnx", **{"mean": 0.0, "divide": 1.0} | card)
    embedder = Embedder(engine, InputSpec("images", (6, 8), batch, fixed), card)
    engine.counts.clear()
    return embedder


def stripes(count):
    """Return an image with columns of different colours, and a box on each column."""
    image = np.zeros((4, count, 3), np.uint8)
    image[..., 0], image[..., 1], image[..., 2] = 10, np.arange(count) * 10, 90
    return image, boxes(*([x, 0, x + 1, 4] for x in range(count)))


@pytest.mark.parametrize(
    ("batch", "fixed", "counts"),
    [(None, False, [6]), (4, False, [4, 2]), (4, True, [4, 4]), (1, True, [1] * 6)],
)
def test_crops_are_passed_in_one_call_or_in_batches_padded_if_fixed(batch, fixed, counts):
    engine = Mean()
    image, box = stripes(6)
    expected = image[0].astype(float)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    found = make_embedder(engine, batch, fixed)(image, box)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert engine.counts == counts


def test_a_box_outside_the_image_has_a_vector_of_zeros():
    image, box = stripes(3)
    found = make_embedder(Mean())(image, np.insert(box, 1, [50, 0, 60, 4], axis=0))
    assert not found[1].any()
    np.testing.assert_allclose(np.linalg.norm(found[[0, 2, 3]], axis=1), 1, rtol=1e-6)
    assert make_embedder(Mean())(image, boxes([50, 0, 60, 4])).shape == (1, 3)


def test_without_boxes_the_network_is_not_called():
    engine = Mean()
    assert make_embedder(engine, 4, fixed=True)(stripes(3)[0], boxes()).shape == (0, 3)
    assert engine.counts == []


def test_pixels_are_normalised_as_the_card_says():
    image, box = np.full((4, 4, 3), [10, 20, 40], np.uint8), boxes([0, 0, 4, 4])
    card = {"mean": [0, 10, 10], "divide": [10.0, 5.0, 30.0]}
    expected = np.array([1, 2, 1]) / 6**0.5
    np.testing.assert_allclose(make_embedder(Mean(), **card)(image, box)[0], expected, rtol=1e-6)
    bgr = make_embedder(Mean(), **card, blue_first=True)(image, box)
    expected = np.array([4, 2, 0]) / 20**0.5
    np.testing.assert_allclose(bgr[0], expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(1,), (2, 3), ()])
def test_a_network_that_returns_no_vector_per_crop_is_rejected(shape):
    card = Card("odd.onnx")
    message = r"odd\.onnx: expected one output of shape \(1, D\), found shapes"
    with pytest.raises(ValueError, match=message):
        Embedder(
            lambda images: {"v": np.ones(shape)}, InputSpec("images", (6, 8), None, False), card
        )


def test_vectors_that_are_not_finite_are_an_error():
    outputs = [np.ones((1, 3)), np.full((1, 3), np.nan)]
    input_spec = InputSpec("images", (6, 8), None, False)
    embedder = Embedder(lambda images: {"v": outputs.pop(0)}, input_spec, Card("half.onnx"))
    with pytest.raises(ValueError, match=r"half\.onnx: the output of the network is not finite"):
        embedder(np.zeros((4, 4, 3), np.uint8), boxes([0, 0, 2, 2]))


def write_card(folder, **content):
    path = folder / "card.yaml"
    path.write_text(yaml.safe_dump({"file": OSNET} | content))
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": [256]}, r"card\.yaml: size: expected a list of 2 integers of .*, found \[256\]"),
        ({"batch": 0}, r"card\.yaml: batch: expected an integer of at least 1 .*, found 0"),
        ({"mean": [1, 2]}, r"card\.yaml: mean: expected a number or a list of 3 .*\[1, 2\]"),
        (
            {"divide": [1, 0, 1]},
            r"card\.yaml: divide: expected numbers other than 0, found \(1, 0, 1\)",
        ),
        ({"layout": "yolox"}, r"card\.yaml: 'layout': expected one of the keys .*, found an"),
    ],
)
def test_an_invalid_card_is_rejected(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        read_card(write_card(tmp_path, **change))


def test_a_missing_card_or_one_without_a_network_is_rejected(tmp_path):
    (tmp_path / "card.yaml").write_text("size: [256, 128]\n")
    with pytest.raises(ValueError, match=r"card\.yaml: expected the keys file.*, found"):
        read_card(tmp_path / "card.yaml")
    message = r"networks\.json: expected the network card of a re-id.*, found no file"
    with pytest.raises(FileNotFoundError, match=message):
        read_card(tmp_path)


def test_the_files_of_a_card_are_the_card_and_its_network(tmp_path):
    card = write_card(tmp_path)
    assert card_files(str(card)) == [card]
    (tmp_path / OSNET).touch()
    assert card_files(str(card)) == [card, tmp_path / OSNET]
    assert card_files("engines/made/fp32") == [Path("engines/made/fp32/networks.json")]
    assert card_files(str(tmp_path / "gone.yaml")) == [tmp_path / "gone.yaml"]
    card.write_text("[")
    assert card_files(str(card)) == [card]


def test_an_option_needs_images_only_if_it_is_set():
    method = load_method("deepsort")
    assert (
        method.with_options({}).inputs
        == method.with_options({"embedding": None}).inputs
        == ("detections",)
    )
    with_images = method.with_options({"embedding": "card.yaml"})
    assert with_images.inputs == ("detections", "image")
    assert with_images.title == "DeepSORT with embedding"


@pytest.mark.slow
def test_images_are_decoded_only_if_the_option_is_set(crossing):
    method = load_method("deepsort")
    assert next(read_feed(open_sequence(crossing), method.with_options({}))).image is None
    assert (
        next(
            read_feed(open_sequence(crossing), method.with_options({"embedding": "card.yaml"}))
        ).image
        is not None
    )


@pytest.mark.slow
def test_a_sequence_without_images_is_an_error_for_the_option(crossing, tmp_path):
    path = tmp_path / "sequence.json"
    path.write_text(json.dumps(json.loads(crossing.read_text()) | {"images": None}))
    for name in ("detections.parquet", "truth.parquet", "prompts.parquet"):
        (tmp_path / name).symlink_to(crossing.parent / name)
    method = load_method("deepsort")
    assert len(list(read_feed(open_sequence(path), method.with_options({})))) == 100
    message = "DeepSORT with embedding needs images and this sequence has none"
    with pytest.raises(ValueError, match=message):
        next(read_feed(open_sequence(path), method.with_options({"embedding": "card.yaml"})))


@pytest.fixture
def osnet(shared, tmp_path):
    """The path of the network card of a real network."""
    (tmp_path / OSNET).symlink_to(shared / "weights" / OSNET)
    return write_card(tmp_path)


PEDESTRIANS = {100: [381, 16, 516, 407], 108: [382, 17, 519, 405],
           300: [381, 9, 543, 375], 400: [384, 3, 546, 372]}  # fmt: skip


@pytest.fixture(scope="module")
def pedestrians(shared):
    """Image and box of a person in frames 100 and 108 of a video, and of another in 300 and 400."""
    video = decode_frames(shared / "videos" / "one-by-one-person-detection.mp4")
    frames = enumerate(islice(video, max(PEDESTRIANS) + 1))
    return [
        (image, boxes(PEDESTRIANS[number]))
        for number, (_, image) in frames
        if number in PEDESTRIANS
    ]


@pytest.mark.slow
def test_osnet_distinguishes_two_persons(osnet, pedestrians):
    embed = load_embedder(str(osnet))
    vectors = np.concatenate([embed(*each) for each in pedestrians])
    assert vectors.shape == (4, 512)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    cosine = vectors @ vectors.T
    assert min(cosine[0, 1], cosine[2, 3]) > 0.95
    assert cosine[:2, 2:].max() < 0.6


@pytest.mark.slow
def test_osnet_returns_the_same_for_batches_of_crops(osnet, pedestrians, tmp_path):
    network = onnx.load(tmp_path / OSNET)
    (shape,) = (each for each in network.graph.initializer if "Reshape" in each.name)
    shape.CopyFrom(onnx.numpy_helper.from_array(np.array([0, -1]), shape.name))
    for value in (network.graph.input[0], network.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_param = "crops"
    onnx.save(network, tmp_path / "free.onnx")
    image, box = pedestrians[0]
    box = box + 5 * np.arange(7)[:, None]
    one_by_one = load_embedder(str(osnet))(image, box)
    for batch in ({}, {"batch": 3}):
        embed = load_embedder(str(write_card(tmp_path, file="free.onnx", **batch)))
        np.testing.assert_allclose(embed(image, box), one_by_one, atol=1e-5)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"batch": 8}, r"images: expected batch 8 as in its card, found \(1, 3, 256, 128\)"),
        ({"size": [128, 64]}, r"expected size 128 as in its card"),
    ],
)
def test_a_card_that_contradicts_the_network_is_rejected(osnet, tmp_path, card, message):
    with pytest.raises(ValueError, match=message):
        load_embedder(str(write_card(tmp_path, **card)))


def test_a_detector_is_no_re_identification_network(shared, tmp_path):
    (tmp_path / "yolox_nano.onnx").symlink_to(shared / "weights" / "yolox_nano.onnx")
    message = r"yolox_nano\.onnx: expected .*, found shapes \[\(1, 3549, 85\)\]"
    with pytest.raises(ValueError, match=message):
        load_embedder(str(write_card(tmp_path, file="yolox_nano.onnx")))


def track_ids(pedestrians, order, **options):
    """Return the track ids that DeepSORT reports for one detection per frame.

    Args:
        pedestrians: Images with a box.
        order: Number of the image that is shown in each frame.
    """
    tracker = load_tracker("deepsort", options)
    tracker.start(None)
    ids = []
    for index, number in enumerate(order):
        image, box = pedestrians[number]
        found = Detections(box, np.ones(1), np.ones(1, int))
        ids += [tracker.step(Frame(index, image, found)).track.tolist()]
    return ids


def test_deepsort_with_osnet_starts_a_new_track_for_another_person(osnet, pedestrians):
    outside = (pedestrians[0][0], boxes([-9, -9, -5, -5]))
    shown = [*pedestrians, outside]
    order = [0, 0, 0, 4, 3, 3, 3]
    assert track_ids(shown, order)[4:] == [[1], [1], [1]]
    assert track_ids(shown, order, embedding=str(osnet))[4:] == [[], [], [3]]
    assert track_ids(shown, [0, 0, 0, 4, 1], embedding=str(osnet))[-1] == [1]


def test_a_frame_without_an_image_is_an_error_for_the_option(osnet):
    tracker = load_tracker("deepsort", {"embedding": str(osnet)})
    found = Detections(boxes([0, 0, 5, 5]), np.ones(1), np.ones(1, int))
    with pytest.raises(ValueError, match="option embedding needs images"):
        tracker.step(Frame(0, None, found))


@pytest.mark.slow
def test_deepsort_with_osnet_is_repeatable_on_a_synthetic_sequence(osnet, crossing):
    method = load_method("deepsort").with_options({"embedding": str(osnet)})
    frames = list(islice(read_feed(open_sequence(crossing), method), 30))
    tracker = load_tracker("deepsort", {"embedding": str(osnet)})
    runs = []
    for _ in range(2):
        tracker.start(read_sequence(crossing))
        runs.append([tracker.step(frame) for frame in frames])
    for one, two in zip(*runs, strict=True):
        assert np.array_equal(one.track, two.track)
        assert np.array_equal(one.box, two.box)
    assert len(runs[0][-1].track)
