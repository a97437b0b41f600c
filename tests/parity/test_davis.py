"""J&F under the DAVIS protocols equals TrackEval 1.3.0 and the official definitions.

Compared on random videos and on a real one with the masks of two published methods.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trackeval
from PIL import Image

from datasets.layouts import davis
from metrics.combine import combine_scores
from metrics.crosscheck import trackeval_run
from metrics.references.davis_definitions import FIELDS, score_labels
from metrics.score import score_tracks
from tests.support import trackeval_oracle

TOLERANCE = 1e-9  # for means of about 10^3 doubles
FAMILIES = ["hota", "clear", "identity", "count", "vace", "jf_te"]
ONLY_TRACKEVAL = {"num_gt_tracks"}  # weight of a sequence; ours concatenates the objects
SEEDS = range(60)
OFFICIAL = {"free": ("davis", "jf_davis_us"), "given": ("davis_semi", "jf_davis_ss")}


def write_video(folder: Path, labels: np.ndarray) -> None:
    folder.mkdir(parents=True)
    for index, each in enumerate(labels):
        Image.fromarray(each).save(folder / f"{index:05d}.png")


def draw(rng: np.random.Generator, size: tuple[int, int, int], names: list[int]) -> np.ndarray:
    """Return label images (T, height, width) of boxes that move, overlap and disappear."""
    frames, height, width = size
    labels = np.zeros(size, np.uint8)
    for name in names:
        place, step = rng.integers(-5, (height, width)), rng.integers(-3, 4, 2)
        tall, wide = rng.integers(1, 25, 2)
        for frame in range(frames):
            if rng.random() < 0.8:
                top, left = place + frame * step
                labels[
                    frame, max(top, 0) : max(top + tall, 0), max(left, 0) : max(left + wide, 0)
                ] = name
    return labels


def random_video(seed: int, void: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return ground truth and prediction: random, or derived from the former, with gaps."""
    rng = np.random.default_rng([seed, void])
    size = (int(rng.integers(1, 14)), int(rng.integers(12, 60)), int(rng.integers(12, 80)))
    truth = draw(rng, size, [*range(1, rng.integers(2, 6)), *[255] * void])
    if seed % 10 == 5:
        return truth, np.zeros_like(truth)
    if seed % 4 == 0:
        prediction = draw(
            rng, size, rng.permutation(np.arange(1, 8))[: rng.integers(0, 7)].tolist()
        )
    else:
        names = np.append(0, rng.permutation(np.arange(1, 255))).astype(np.uint8)
        prediction = np.roll(names[np.where(truth == 255, 0, truth)], rng.integers(-2, 3), axis=2)
        prediction[rng.random(len(prediction)) < 0.2] = 0
    return truth, prediction


def our_scores(folder: Path, names: list[str]) -> dict[str, dict]:
    """Return our scores of each sequence of <folder>/truth and <folder>/results, and COMBINED."""
    scores = {}
    for name in names:
        truth, prediction = davis.read_pair(folder / "truth", folder / "results", name)
        scores[name] = score_tracks(truth, prediction, "davis", FAMILIES)
    return scores | {"COMBINED": combine_scores(list(scores.values()))}


def their_scores(folder: Path) -> trackeval_oracle.Scores:
    """Return TrackEval's scores of the same sequences."""
    setting = trackeval_run.davis(folder / "truth", folder / "results")
    families = (*trackeval_oracle.FAMILIES, "JAndF")
    return trackeval_oracle.score(setting, families=families)["general"]


def assert_equal(ours: dict[str, dict], theirs: trackeval_oracle.Scores, fields: set[str]) -> None:
    """Compare some fields of every sequence and COMBINED, and list all differences."""
    wrong = []
    for name, values in theirs.items():
        for field in fields:
            value = ours[name]["values"][field]
            if not abs(value - values[field]) <= TOLERANCE:
                wrong.append(f"{name} {field}: {value!r}, TrackEval {values[field]!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("void", [True, False])
def test_random_videos_equal_trackeval(void, tmp_path):
    names = []
    for seed in SEEDS:
        truth, prediction = random_video(seed, void)
        if (truth % 255).any():  # a sequence without ground truth makes TrackEval's total NaN
            names.append(f"s{seed:02d}")
            write_video(tmp_path / "truth" / names[-1], truth)
            write_video(tmp_path / "results" / names[-1], prediction)
    assert len(names) >= 40
    ours = our_scores(tmp_path, names)
    theirs = their_scores(tmp_path)
    assert set(theirs) == set(ours)
    # TrackEval's other families use predictions that include void pixels
    fields = set(FIELDS) if void else set(theirs["COMBINED"]) - ONLY_TRACKEVAL
    assert len(fields) >= (len(FIELDS) if void else 60)
    assert_equal(ours, theirs, fields)


@pytest.mark.parametrize("seed", range(40))
def test_random_videos_equal_the_official_definitions(seed, tmp_path):
    truth, free = random_video(seed, void=True)
    truth = np.concatenate([truth, truth, truth[:1]])  # three frames or more
    if not (truth[0] % 255).any():
        truth[0, 0, 0] = 2  # object 2 is annotated, object 1 is absent so far
    free = np.concatenate([free, free, free[:1]]) % 21
    given = np.roll(np.where(truth == 255, 0, truth), 1, axis=1)
    given[(given == seed % 6) | (given > (truth[0] % 255).max())] = 0
    for folder, labels in (("truth", truth), ("free", free), ("given", given)):
        write_video(tmp_path / folder / "s", labels)
    for result, (protocol, family) in OFFICIAL.items():
        sides = davis.read_pair(tmp_path / "truth", tmp_path / result, "s")
        values = score_tracks(*sides, protocol, [family])["values"]
        labels = labels_of(tmp_path / result / "s")
        expected = score_labels(protocol, family, truth, labels)
        assert values == pytest.approx(expected, abs=1e-12)


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_without_ground_truth_values_are_undefined_as_in_trackeval(tmp_path):
    prediction = np.zeros((5, 20, 30), np.uint8)
    prediction[1:4, 3:9, 4:9] = 3
    write_video(tmp_path / "truth" / "s", np.zeros_like(prediction))
    write_video(tmp_path / "results" / "s", prediction)
    ours = our_scores(tmp_path, ["s"])["s"]["values"]
    dataset = trackeval_run.open_dataset(
        trackeval_run.davis(tmp_path / "truth", tmp_path / "results")
    )
    raw = dataset.get_raw_seq_data("results", "s")
    data = dataset.get_preprocessed_seq_data(raw, "general")
    theirs = trackeval.metrics.JAndF().eval_sequence(data)
    assert [ours[field] for field in FIELDS] == [None] * len(FIELDS)
    assert all(np.isnan(theirs[field]) for field in FIELDS)


def labels_of(folder: Path, size: tuple[int, int] | None = None) -> np.ndarray:
    """Return the label images of a folder, resized to (width, height) if given (nearest pixel)."""
    images = [Image.open(path) for path in sorted(folder.iterdir())]
    return np.stack(
        [each.resize(size, Image.Resampling.NEAREST) if size else each for each in images]
    )


@pytest.fixture(scope="module")
def dogs_jump(shared) -> dict[str, np.ndarray]:
    """Label images of the ground truth and of OSVOS and RVOS, at the size of the ground truth."""
    root = shared / "davis2017" / "dogs-jump"
    truth = labels_of(root / "masks")
    size = (truth.shape[2], truth.shape[1])
    found = {name: labels_of(root / "results" / name, size) for name in ("osvos", "rvos")}
    assert (len(truth), size, found["rvos"].max()) == (66, (432, 240), 20)
    return {"truth": truth, **found}


def write_pair(folder: Path, dogs_jump: dict[str, np.ndarray], method: str) -> None:
    write_video(folder / "truth" / "dogs-jump", dogs_jump["truth"])
    write_video(folder / "results" / "dogs-jump", dogs_jump[method])


@pytest.mark.slow
@pytest.mark.parametrize("method", ["osvos", "rvos"])
def test_a_real_video_equals_trackeval(method, dogs_jump, tmp_path):
    write_pair(tmp_path, dogs_jump, method)
    ours = our_scores(tmp_path, ["dogs-jump"])
    theirs = their_scores(tmp_path)
    assert_equal(ours, theirs, set(theirs["COMBINED"]) - ONLY_TRACKEVAL)
