"""Inputs of the benchmarks: degraded results, folders of tracks, the official SAM 2.

May import: datasets.formats, datasets.io, datasets.layout, datasets.masks, datasets.sequences,
datasets.types, metrics.combine, metrics.events, metrics.score, metrics.speed, trackers.contract,
trackers.profiling, trackers.run_record, trackers.sam2, trackers.timing.
"""
