"""Object detectors: images to boxes, scores and classes.

May import: datasets.io, datasets.overlap, datasets.types, trackers.engines, trackers.parts,
trackers.profiling.
"""
