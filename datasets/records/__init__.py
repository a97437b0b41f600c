"""Lists of objects in JSON files: their columns, categories and segmentations.

May import: datasets.io, datasets.masks, datasets.types.
"""
