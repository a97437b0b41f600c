"""TrackEval 1.3.0 on the same sequences, read and preprocessed by its own code from files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from datasets.types import Tracks
from metrics.crosscheck import trackeval_files, trackeval_run
from metrics.crosscheck.reference import (
    CLASS_AVERAGED,
    COMBINED,
    DETECTION_AVERAGED,
    Explanation,
    Place,
    Sample,
    Scores,
)
from metrics.crosscheck.trackeval_files import Pairs
from metrics.crosscheck.trackeval_run import (
    Evaluation,
    Fields,
    Setting,
    numbers,
    of_class,
    of_sequence,
    over_classes,
)
from metrics.pairing import Pairing

_FAMILIES = {
    "hota": "HOTA",
    "clear": "CLEAR",
    "identity": "Identity",
    "vace": "VACE",
    "count": "Count",
}
_LONGEST = 255  # frames of which TrackEval's 8 bits hold the number of the one after the last


@dataclass(frozen=True)
class _Benchmark:
    """How TrackEval is given a protocol.

    Args:
        lay_out: Writes the files; None if the format cannot hold them.
        select: Rows of truth and prediction: as read, where TrackEval leaves out what our protocol
            leaves out, else those that are kept.
        more: Families that it has of these files alone.
    """

    lay_out: Callable[[Path, Pairs], Setting | None]
    select: Callable[[Sample], tuple[Tracks, Tracks]]
    more: Mapping[str, str] = field(default_factory=dict)


def score(
    protocol: str, families: Many[str], samples: Mapping[str, Sample], workdir: Path
) -> Scores:
    """Return what TrackEval says of each class, sequence by sequence, and of all classes."""
    benchmark = _BENCHMARKS.get(protocol)
    known = _FAMILIES | dict(benchmark.more if benchmark else {})
    wanted = [known[name] for name in families if name in known]
    if benchmark is None or not wanted:
        return {}
    # by number: a format may not hold every name
    pairs = {f"{n:04d}": benchmark.select(each) for n, each in enumerate(samples.values())}
    setting = benchmark.lay_out(workdir, pairs)
    if setting is None:
        return {}
    classes = list(next(iter(samples.values())).pairings)
    called = {name: setting.only_class or name for name in classes}
    found = trackeval_run.run(setting, list(called.values()), wanted)
    fields = {name: _places(found, other, list(samples)) for name, other in called.items()}
    if len(classes) > 1:
        fields[CLASS_AVERAGED] = {COMBINED: over_classes(found, "class")}
        fields[DETECTION_AVERAGED] = {COMBINED: over_classes(found, "det")}
    return {
        name: {place: numbers(each) for place, each in places.items()}
        for name, places in fields.items()
    }


def _places(found: Evaluation, class_name: str, names: list[str]) -> dict[str, Fields]:
    """Return the fields of a class by sequence and combined, by our names of the sequences."""
    numbered = found.sequences[class_name]
    places = [of_sequence(found, class_name, number) for number in numbered]
    return dict(zip(names, places, strict=True)) | {COMBINED: of_class(found, class_name)}


def _as_read(sample: Sample) -> tuple[Tracks, Tracks]:
    return sample.truth, sample.prediction


def _kept(sample: Sample) -> tuple[Tracks, Tracks]:
    """Return the rows of all classes that are scored."""
    pairings = list(sample.pairings.values())
    truth = np.unique(np.concatenate([each.truth.rows for each in pairings]))
    prediction = np.unique(np.concatenate([each.prediction.rows for each in pairings]))
    return pairings[0].truth.tracks.take(truth), pairings[0].prediction.tracks.take(prediction)


def _lay_out_plain(workdir: Path, pairs: Pairs) -> Setting | None:
    """Write boxes where there is one class and nothing to ignore: TrackEval has no others."""
    extents = [truth.extent for truth, _ in pairs.values()]
    if any(len(extent.classes) > 1 or extent.ignored for extent in extents):
        return None
    return trackeval_files.lay_out_mot(workdir, pairs, "plain", preprocess=False)


_BENCHMARKS = {
    name: _Benchmark(partial(trackeval_files.lay_out_mot, benchmark=name.upper()), _as_read)
    for name in ("mot15", "mot16", "mot17", "mot20")
} | {
    "plain": _Benchmark(_lay_out_plain, _as_read),
    "kitti": _Benchmark(trackeval_files.lay_out_kitti, _as_read),
    "kitti_mots": _Benchmark(trackeval_files.lay_out_kitti_mots, _as_read),
    "mots": _Benchmark(trackeval_files.lay_out_mots, _as_read),
    "youtube_vis": _Benchmark(trackeval_files.lay_out_vis, _kept, {"vis_ap": "TrackMAP"}),
    "davis": _Benchmark(trackeval_files.lay_out_davis, _as_read, {"jf_te": "JAndF"}),
    "davis_semi": _Benchmark(trackeval_files.lay_out_davis, _kept, {"jf_te": "JAndF"}),
    "davis2016": _Benchmark(trackeval_files.lay_out_davis, _kept, {"jf_te": "JAndF"}),
}


def _empty(pairing: Pairing) -> bool:
    return not len(pairing.truth) and not len(pairing.prediction)


def _has_void(pairing: Pairing) -> bool:
    tracks = pairing.truth.tracks
    return bool(np.isin(tracks.class_id, tracks.extent.ignored).any())


def _has_shared_crowd(pairing: Pairing) -> bool:
    """Return whether a crowd overlaps two predicted tracks, which may both take it."""
    truth, prediction, pairs = pairing.truth, pairing.prediction, pairing.pairs
    crowd = truth.tracks.score[truth.rows] == 0
    both = np.stack([truth.track[pairs.truth], prediction.track[pairs.prediction]], axis=1)
    meeting = np.unique(both[crowd[pairs.truth]], axis=0)
    return bool((np.bincount(meeting[:, 0]) > 1).any())


def _has_empty_mask(pairing: Pairing) -> bool:
    sides = pairing.truth, pairing.prediction
    return any((pairing.areas(side) == 0).any() for side in sides)


def _nothing_at_all(place: Place) -> bool:
    """Return whether all the sequences of a class are empty on both sides."""
    return any(all(map(_empty, each)) for each in place.pairings.values())


def _somewhere(what: Callable[[Pairing], bool], *protocols: str) -> Callable[[Place], bool]:
    """Return a test of whether a pairing is so, under some protocols, all if none is named."""

    def applies(place: Place) -> bool:
        if protocols and place.protocol not in protocols:
            return False
        return any(what(pairing) for each in place.pairings.values() for pairing in each)

    return applies


EXPLAINED = (
    Explanation(
        ("vace",), "none where there is nothing at all; TrackEval has zeros", _nothing_at_all
    ),
    Explanation(
        ("hota", "clear", "identity", "vace"),
        "TrackEval takes void out of the predictions for J&F alone",
        _somewhere(_has_void, "davis"),
    ),
    Explanation(
        ("hota", "clear", "identity", "vace", "count"),
        "a PNG cannot hold an empty mask, which counts here",
        _somewhere(_has_empty_mask, "davis", "davis_semi", "davis2016"),
    ),
    Explanation(
        ("J-Decay", "F-Decay"),
        f"beyond {_LONGEST} frames TrackEval takes other quarters: it counts frames in 8 bits",
        _somewhere(lambda pairing: pairing.frame_count > _LONGEST),
    ),
    Explanation(
        ("vis_ap",),
        "a crowd may be taken many times, as the official evaluator has it; in TrackEval once",
        _somewhere(_has_shared_crowd),
    ),
)
