"""Heat maps: accumulate them, paint them over images, and sample them for the page.

May import: datasets.io, datasets.masks, datasets.media, datasets.run_layout, datasets.sequences,
datasets.types, reports.results.
"""
