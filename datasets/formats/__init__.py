"""File formats of labels and results, one module each, to and from `Tracks`.

May import: datasets.io, datasets.masks, datasets.needs, datasets.overlap, datasets.records,
datasets.tables, datasets.types.
"""
