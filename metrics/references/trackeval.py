"""Reference TrackEval 1.3.0, which reads and preprocesses the sequences from files itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from datasets.types import Tracks
from metrics.crosscheck import trackeval_files, trackeval_run
from metrics.crosscheck.reference import (
    CLASS_AVERAGED,
    COMBINED,
    DETECTION_AVERAGED,
    Input,
    ReferenceOutput,
    Request,
    Sample,
    Scores,
)
from metrics.crosscheck.trackeval_attempts import (
    Attempt,
    Converted,
    Scored,
    attempts_by_sequence,
    attempts_of_vis,
    run_first,
)
from metrics.crosscheck.trackeval_explanations import EXPLANATIONS
from metrics.crosscheck.trackeval_files import Layout
from metrics.crosscheck.trackeval_run import Evaluation, Fields, of_class, of_sequence

__all__ = ["EXPLANATIONS", "score"]

_FAMILIES = {
    "hota": "HOTA",
    "clear": "CLEAR",
    "identity": "Identity",
    "vace": "VACE",
    "count": "Count",
}
_NO_FILES = "TrackEval does not read the format given"


@dataclass(frozen=True)
class _Rules:
    """How sequences are handed to TrackEval under one of our protocols.

    Args:
        layout: TrackEval's layout; None for YouTube-VIS.
        select: Return the rows of ground truth and prediction that are written where a user's file
            is not handed over: all rows as read if TrackEval excludes the same rows as our
            protocol, else the rows that our protocol keeps.
        supports: Return whether TrackEval can score the sequence at all.
        refuses: Return why it would read the user's file otherwise than the protocol, if it would.
        more: Further families that TrackEval has for these files only.
    """

    layout: Layout | None
    select: Callable[[Sample], Converted]
    supports: Callable[[Sample], bool] = lambda _: True
    refuses: Callable[[Sample], str] = lambda _: ""
    more: Mapping[str, str] = field(default_factory=dict)


def score(request: Request, workdir: Path) -> ReferenceOutput:
    """Return TrackEval's values for each class, per sequence and combined, and over classes."""
    rules = _RULES.get(request.protocol)
    known = _FAMILIES | dict(rules.more if rules else {})
    wanted = [known[name] for name in request.families if name in known]
    if rules is None or not wanted or not all(map(rules.supports, request.samples.values())):
        return ReferenceOutput()
    loaded = trackeval_run.load_families(wanted)
    scored: Scored = {}
    inputs: list[Input] = []
    for number, (attempts, reason) in enumerate(_attempts(rules, request)):
        found, used = run_first(attempts, workdir / str(number), reason, loaded)
        scored |= found
        inputs += used
    places = {name: place for place, name in enumerate(request.samples)}
    inputs.sort(key=lambda each: places[each.sequence])
    return ReferenceOutput(_scores(trackeval_run.combine(scored, loaded), request), inputs)


def _attempts(rules: _Rules, request: Request) -> Iterator[tuple[list[Attempt], str]]:
    """Yield the attempts for some sequences, and why the user's files are not among them."""
    samples = request.samples.values()
    refused = [rules.refuses(sample) or _refuse_large_ids(sample) for sample in samples]
    if rules.layout is None:
        groups, refused = attempts_of_vis(request, rules.select), [max(refused)]
    else:
        groups = attempts_by_sequence(rules.layout, request, rules.select)
    for attempts, reason in zip(groups, refused, strict=True):
        if reason:
            yield attempts[-1:], reason
        else:
            yield attempts, "" if all(attempts[0].given) else _NO_FILES


def _scores(found: Evaluation, request: Request) -> Scores:
    fields: dict[str, dict[str, Fields]] = {
        name: {key: of_sequence(found, name, key) for key in request.samples}
        | {COMBINED: of_class(found, name)}
        for name in request.classes
    }
    if len(request.classes) > 1:
        fields[CLASS_AVERAGED] = {COMBINED: trackeval_run.over_classes(found, "class")}
        fields[DETECTION_AVERAGED] = {COMBINED: trackeval_run.over_classes(found, "det")}
    return {
        name: {place: trackeval_run.numbers(each) for place, each in places.items()}
        for name, places in fields.items()
    }


def _as_read(sample: Sample) -> tuple[Tracks, Tracks]:
    return sample.truth, sample.prediction


def _kept(sample: Sample) -> tuple[Tracks, Tracks]:
    """Return the scored rows of all classes."""
    pairings = list(sample.pairings.values())
    truth = np.unique(np.concatenate([each.truth.rows for each in pairings]))
    prediction = np.unique(np.concatenate([each.prediction.rows for each in pairings]))
    return pairings[0].truth.tracks.take(truth), pairings[0].prediction.tracks.take(prediction)


def _has_one_class(sample: Sample) -> bool:
    extent = sample.truth.extent
    return len(extent.classes) == 1 and not extent.ignored


def _fits_png(sample: Sample) -> bool:
    return all(map(trackeval_files.fits_png, _as_read(sample)))


def _refuse_large_ids(sample: Sample) -> str:
    if not any(map(trackeval_files.has_large_ids, _as_read(sample))):
        return ""
    return "TrackEval would need too much memory for ids this large: they are numbered anew"


def _refuse_void(sample: Sample) -> str:
    tracks = sample.truth
    has_void = bool(np.isin(tracks.class_id, tracks.extent.ignored).any())
    return "TrackEval does not score void, which is background here" if has_void else ""


def _refuse_foreground(_: Sample) -> str:
    return "TrackEval has no protocol in which all values of a frame are one foreground"


_JF = {"jf_te": "JAndF"}
_RULES = {
    name: _Rules(trackeval_files.mot_layout(name.upper()), _as_read)
    for name in ("mot15", "mot16", "mot17", "mot20")
} | {
    "plain": _Rules(
        trackeval_files.mot_layout("plain", preprocess=False), _as_read, _has_one_class
    ),
    "kitti": _Rules(trackeval_files.KITTI, _as_read),
    "kitti_mots": _Rules(trackeval_files.KITTI_MOTS, _as_read),
    "mots": _Rules(trackeval_files.MOTS, _as_read),
    "youtube_vis": _Rules(None, _kept, more={"vis_ap": "TrackMAP"}),
    "davis": _Rules(trackeval_files.DAVIS, _as_read, _fits_png, more=_JF),
    "davis_semi": _Rules(trackeval_files.DAVIS, _kept, _fits_png, _refuse_void, _JF),
    "davis2016": _Rules(trackeval_files.DAVIS, _kept, _fits_png, _refuse_foreground, _JF),
}
