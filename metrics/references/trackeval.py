"""Reference TrackEval 1.3.0, which reads and preprocesses the sequences from files itself."""

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
    Sample,
    Scope,
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
_MAX_FRAMES = 255  # up to which TrackEval's 8-bit frame numbers do not overflow


@dataclass(frozen=True)
class _Layout:
    """TrackEval's input for one of our protocols.

    Args:
        lay_out: Write the files; return None if the format cannot hold them.
        select: Return the rows of ground truth and prediction: all rows as read if TrackEval
            excludes the same rows as our protocol, else the rows that our protocol keeps.
        more: Further families that TrackEval has for these files only.
    """

    lay_out: Callable[[Path, Pairs], Setting | None]
    select: Callable[[Sample], tuple[Tracks, Tracks]]
    more: Mapping[str, str] = field(default_factory=dict)


def score(
    protocol: str, families: Many[str], samples: Mapping[str, Sample], workdir: Path
) -> Scores:
    """Return TrackEval's values for each class, per sequence and combined, and over classes."""
    layout = _LAYOUTS.get(protocol)
    known = _FAMILIES | dict(layout.more if layout else {})
    wanted = [known[name] for name in families if name in known]
    if layout is None or not wanted:
        return {}
    # numbered, because a format may not allow every sequence name
    pairs = {f"{n:04d}": layout.select(each) for n, each in enumerate(samples.values())}
    setting = layout.lay_out(workdir, pairs)
    if setting is None:
        return {}
    classes = list(next(iter(samples.values())).pairings)
    their_names = {name: setting.only_class or name for name in classes}
    found = trackeval_run.run(setting, list(their_names.values()), wanted)
    fields = {
        name: _by_sequence(found, theirs, list(samples)) for name, theirs in their_names.items()
    }
    if len(classes) > 1:
        fields[CLASS_AVERAGED] = {COMBINED: over_classes(found, "class")}
        fields[DETECTION_AVERAGED] = {COMBINED: over_classes(found, "det")}
    return {
        name: {place: numbers(each) for place, each in places.items()}
        for name, places in fields.items()
    }


def _by_sequence(found: Evaluation, class_name: str, names: list[str]) -> dict[str, Fields]:
    """Return the fields of a class by our sequence names, and combined."""
    numbered = found.sequences[class_name]
    places = [of_sequence(found, class_name, number) for number in numbered]
    return dict(zip(names, places, strict=True)) | {COMBINED: of_class(found, class_name)}


def _as_read(sample: Sample) -> tuple[Tracks, Tracks]:
    return sample.truth, sample.prediction


def _kept(sample: Sample) -> tuple[Tracks, Tracks]:
    """Return the scored rows of all classes."""
    pairings = list(sample.pairings.values())
    truth = np.unique(np.concatenate([each.truth.rows for each in pairings]))
    prediction = np.unique(np.concatenate([each.prediction.rows for each in pairings]))
    return pairings[0].truth.tracks.take(truth), pairings[0].prediction.tracks.take(prediction)


def _lay_out_plain(workdir: Path, pairs: Pairs) -> Setting | None:
    """Write boxes if there is one class and none is ignored; TrackEval supports no other case."""
    extents = [truth.extent for truth, _ in pairs.values()]
    if any(len(extent.classes) > 1 or extent.ignored for extent in extents):
        return None
    return trackeval_files.lay_out_mot(workdir, pairs, "plain", preprocess=False)


_LAYOUTS = {
    name: _Layout(partial(trackeval_files.lay_out_mot, benchmark=name.upper()), _as_read)
    for name in ("mot15", "mot16", "mot17", "mot20")
} | {
    "plain": _Layout(_lay_out_plain, _as_read),
    "kitti": _Layout(trackeval_files.lay_out_kitti, _as_read),
    "kitti_mots": _Layout(trackeval_files.lay_out_kitti_mots, _as_read),
    "mots": _Layout(trackeval_files.lay_out_mots, _as_read),
    "youtube_vis": _Layout(trackeval_files.lay_out_vis, _kept, {"vis_ap": "TrackMAP"}),
    "davis": _Layout(trackeval_files.lay_out_davis, _as_read, {"jf_te": "JAndF"}),
    "davis_semi": _Layout(trackeval_files.lay_out_davis, _kept, {"jf_te": "JAndF"}),
    "davis2016": _Layout(trackeval_files.lay_out_davis, _kept, {"jf_te": "JAndF"}),
}


def _empty(pairing: Pairing) -> bool:
    return not len(pairing.truth) and not len(pairing.prediction)


def _has_void(pairing: Pairing) -> bool:
    tracks = pairing.truth.tracks
    return bool(np.isin(tracks.class_id, tracks.extent.ignored).any())


def _has_shared_crowd(pairing: Pairing) -> bool:
    """Return whether a crowd overlaps two predicted tracks, which may both be matched with it."""
    truth, prediction, pairs = pairing.truth, pairing.prediction, pairing.pairs
    crowd = truth.tracks.score[truth.rows] == 0
    both = np.stack([truth.track[pairs.truth], prediction.track[pairs.prediction]], axis=1)
    overlapping = np.unique(both[crowd[pairs.truth]], axis=0)
    return bool((np.bincount(overlapping[:, 0]) > 1).any())


def _has_empty_mask(pairing: Pairing) -> bool:
    sides = pairing.truth, pairing.prediction
    return any((pairing.areas(side) == 0).any() for side in sides)


def _all_sequences_empty(place: Scope) -> bool:
    """Return whether all sequences of a class are empty on both sides."""
    return any(all(map(_empty, each)) for each in place.pairings.values())


def _somewhere(what: Callable[[Pairing], bool], *protocols: str) -> Callable[[Scope], bool]:
    """Return a test for scopes with such a pairing, under some protocols (all if none is named)."""

    def applies(place: Scope) -> bool:
        if protocols and place.protocol not in protocols:
            return False
        return any(what(pairing) for each in place.pairings.values() for pairing in each)

    return applies


EXPLANATIONS = (
    Explanation(
        ("vace",),
        "undefined if both sides are empty; TrackEval reports zeros",
        _all_sequences_empty,
    ),
    Explanation(
        ("hota", "clear", "identity", "vace"),
        "TrackEval removes void from the predictions for J&F only",
        _somewhere(_has_void, "davis"),
    ),
    Explanation(
        ("hota", "clear", "identity", "vace", "count"),
        "an empty mask counts here, but a PNG cannot hold one",
        _somewhere(_has_empty_mask, "davis", "davis_semi", "davis2016"),
    ),
    Explanation(
        ("J-Decay", "F-Decay"),
        f"beyond {_MAX_FRAMES} frames TrackEval's quarters differ: it numbers frames in 8 bits",
        _somewhere(lambda pairing: pairing.frame_count > _MAX_FRAMES),
    ),
    Explanation(
        ("vis_ap",),
        "a crowd may be matched many times, as in the official evaluator; in TrackEval once",
        _somewhere(_has_shared_crowd),
    ),
)
