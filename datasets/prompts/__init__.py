"""Prompts drawn by hand: LabelMe files, and boxes of the first frame.

May import: datasets.formats, datasets.io, datasets.masks, datasets.records, datasets.sequences,
datasets.types.
"""
