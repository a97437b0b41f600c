"""Heat maps: accumulated, painted over the scene, and made small for the page.

May import: datasets.io, datasets.masks, datasets.media, datasets.run_layout, datasets.sequences,
datasets.types, reports.results.
"""
