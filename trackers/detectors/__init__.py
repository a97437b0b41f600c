"""Object detectors: images to boxes, scores and classes.

May import: datasets.io, datasets.overlap, datasets.types, trackers.engines, trackers.networks,
trackers.option_types, trackers.parts, trackers.profiling.
"""
