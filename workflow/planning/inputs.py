"""Input files of rules that combine many files, or whose inputs the config names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from datasets.conversion.registry import FORMATS
from datasets.run_layout import (
    EVENTS,
    HEATMAP,
    PROMPTS,
    SPEED,
    TIMING,
    TRACKS,
    TRUTH,
    RunLayout,
)
from workflow.planning.entries import Run
from workflow.planning.plan import Plan

_RUN = RunLayout()
_DATA = ("{dataset}", "{sequence}")
_RESULT = ("{variant}", *_DATA)
_SEQUENCE = str(_RUN.prepared(*_DATA))
_TRUTH = str(_RUN.prepared(*_DATA, TRUTH))
_PROMPTS = str(_RUN.prepared(*_DATA, PROMPTS))
_TRACKS = str(_RUN.sequence(*_RESULT, TRACKS))
_TIMING = str(_RUN.sequence(*_RESULT, TIMING))
_STEP_TIMES = str(_RUN.sequence(*_RESULT, "relative_step_time_{process}.json"))
_SCORE = str(_RUN.score(*_RESULT, "{protocol}"))
_EVENTS = str(_RUN.score(*_RESULT, "{protocol}", EVENTS))
_COMBINED = str(_RUN.combined("{variant}", "{dataset}", "{protocol}"))
_COMPARISON = str(_RUN.comparison("{dataset}", "{protocol}"))
_SPEED = str(_RUN.dataset("{variant}", "{dataset}", SPEED))
_HEATMAP = str(_RUN.dataset("{variant}", "{dataset}", HEATMAP))
_FRAMES = "reports/media/{dataset}/frames/{sequence}"
_MEDIA = "reports/media/{dataset}/tracks/{variant}"


def expand(pattern: str, **values: str | Iterable[str]) -> list[str]:
    """Return the pattern for every combination of values; the last value varies fastest."""
    lists = [[each] if isinstance(each, str) else each for each in values.values()]
    return [pattern.format(**dict(zip(values, each, strict=True))) for each in product(*lists)]


@dataclass(frozen=True)
class Inputs:
    """The input files of the rules of a plan."""

    plan: Plan

    def labels(self, dataset: str, sequence: str) -> list[Path]:
        """Return the files of a data set that a sequence is read from."""
        return self.plan.datasets[dataset].label_files(sequence)

    def first_boxes(self, dataset: str, sequence: str) -> list[Path]:
        """Return the file of first-frame boxes, if the data set names one."""
        return self.plan.datasets[dataset].prompt_files(sequence)

    def files(self, variant: str, dataset: str, sequence: str) -> list[Path]:
        """Return the files that the options of a variant name for a sequence."""
        return self.plan.variant(variant).files(self.plan.datasets[dataset].root, sequence)

    def prompts(self, variant: str, dataset: str, sequence: str) -> list[str]:
        """Return the prompts of a sequence, if the method needs them."""
        needed = self.plan.variant(variant).needs_prompts
        return expand(_PROMPTS, dataset=dataset, sequence=sequence) if needed else []

    def result_file(self, variant: str, dataset: str, sequence: str) -> str:
        """Return the result file of the rule of a variant's method, named after the method."""
        entry = self.plan.variant(variant)
        name = entry.method_name + FORMATS[entry.result_format].suffix
        return str(_RUN.sequence(variant, dataset, sequence, name))

    def sequences(self, dataset: str) -> list[str]:
        """Return sequence.json of all sequences of a data set."""
        return self._all_sequences(_SEQUENCE, dataset)

    def truth(self, dataset: str) -> list[str]:
        """Return the ground truth of all sequences of a data set."""
        return self._all_sequences(_TRUTH, dataset)

    def pictures(self, dataset: str) -> list[str]:
        """Return the folders of pictures of all sequences of a data set."""
        return self._all_sequences(_FRAMES, dataset)

    def tracks(self, variant: str, dataset: str) -> list[str]:
        """Return the tracks of a variant on all sequences of a data set."""
        return self._all_sequences(_TRACKS, dataset, variant=variant)

    def scores(self, variant: str, dataset: str, protocol: str) -> list[str]:
        """Return the scores of a variant on all sequences of a data set."""
        return self._all_sequences(_SCORE, dataset, variant=variant, protocol=protocol)

    def events(self, variant: str, dataset: str) -> list[str]:
        """Return the events of a variant on all sequences, for each of its protocols."""
        protocols = self.plan.protocols_of(dataset, variant)
        return self._all_sequences(_EVENTS, dataset, variant=variant, protocol=protocols)

    def timings(self, variant: str, dataset: str) -> list[str]:
        """Return the timings of a variant on the timed sequences."""
        sequences = self.plan.timed_sequences(dataset)
        return expand(_TIMING, variant=variant, dataset=dataset, sequence=sequences)

    def compared_scores(self, dataset: str, protocol: str) -> list[str]:
        """Return the scores of all compared variants, repeated runs included."""
        names = self._compared(dataset, protocol)
        return self._all_sequences(_SCORE, dataset, variant=names, protocol=protocol)

    def compared_tracks(self, dataset: str, protocol: str) -> list[str]:
        """Return the tracks of all compared variants, repeated runs included."""
        return self._all_sequences(_TRACKS, dataset, variant=self._compared(dataset, protocol))

    def side_by_side(self, dataset: str, sequence: str) -> list[str]:
        """Return the tracks of all variants on one sequence."""
        names = self.plan.variants_on(dataset)
        return expand(_TRACKS, variant=names, dataset=dataset, sequence=sequence)

    def page(self) -> Iterator[str]:
        """Yield the totals, the errors and, where timed, the speed of every variant."""
        for run in self.plan.runs:
            yield from expand(_COMPARISON, dataset=run.dataset, protocol=run.protocol)
            for variant in run.variants:
                yield from self._page_of(run, variant)

    def page_pictures(self) -> list[str]:
        """Return the media that the page loads, for every variant on every data set."""
        return self._all_pairs(_MEDIA)

    def heatmaps(self) -> list[str]:
        """Return the heat maps of every variant on every data set."""
        return self._all_pairs(_HEATMAP)

    def speeds(self) -> Iterator[tuple[str, Path]]:
        """Yield the name of each timed variant, and the path of its speed.json."""
        for run, variant in self.plan.pairs():
            if self.plan.is_timed(run, variant):
                yield variant, Path(_SPEED.format(variant=variant, dataset=run.dataset))

    def accuracy(self) -> Iterator[str]:
        """Yield tracks and scores of every variant, and the ground truth."""
        for run, variant in self.plan.pairs():
            for sequence in self.plan.datasets[run.dataset].sequences:
                for pattern in (_SCORE, _TRACKS, _TRUTH):
                    yield pattern.format(
                        variant=variant,
                        dataset=run.dataset,
                        sequence=sequence,
                        protocol=run.protocol,
                    )

    def gate(self) -> Iterator[str]:
        """Yield tracks, scores and relative step times of every variant, and the ground truth."""
        yield from self.accuracy()
        processes = range(self.plan.config["regression"]["processes"])
        for run, variant in self.plan.pairs():
            if self.plan.is_timed_by_gate(run, variant):
                yield from expand(
                    _STEP_TIMES,
                    variant=variant,
                    dataset=run.dataset,
                    process=map(str, processes),
                    sequence=run.clock or [],
                )

    def _page_of(self, run: Run, variant: str) -> Iterator[str]:
        dataset, protocol = run.dataset, run.protocol
        names = [variant, *self.plan.streaming_names(run, variant)]
        yield from expand(_COMBINED, variant=names, dataset=dataset, protocol=protocol)
        if self.plan.is_timed(run, variant):
            yield from expand(_SPEED, variant=variant, dataset=dataset)
        yield from self._all_sequences(_EVENTS, dataset, variant=variant, protocol=protocol)

    def _all_sequences(
        self, pattern: str, dataset: str, **values: str | Iterable[str]
    ) -> list[str]:
        sequences = self.plan.datasets[dataset].sequences
        return expand(pattern, dataset=dataset, sequence=sequences, **values)

    def _all_pairs(self, pattern: str) -> list[str]:
        pairs = self.plan.pairs()
        return [pattern.format(variant=variant, dataset=run.dataset) for run, variant in pairs]

    def _compared(self, dataset: str, protocol: str) -> list[str]:
        repeated = self.plan.repeated_runs(dataset, protocol)
        return [*self.plan.variants_by(dataset, protocol), *repeated]
