"""Where a data set's sequences come from, one module each: see `datasets/prepare.py`.

May import: datasets.formats, datasets.io, datasets.masks, datasets.media, datasets.sequences,
datasets.synthesis, datasets.types.
"""
