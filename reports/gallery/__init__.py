"""The failure gallery: identity timelines, and pictures of a tracker's errors.

May import: datasets.formats, datasets.io, datasets.masks, datasets.media, datasets.run_layout,
datasets.sequences, datasets.types, reports.overlays, reports.results.
"""
