"""The failure gallery: identity timelines, and pictures of where a tracker went wrong.

May import: datasets.formats, datasets.io, datasets.masks, datasets.media, datasets.run_layout,
datasets.sequences, datasets.types, reports.overlays, reports.results.
"""
