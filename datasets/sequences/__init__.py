"""Prepared sequences: their description, images, labels and prompts, and the run.json of tracks.

May import: datasets.class_mapping, datasets.formats, datasets.io, datasets.masks, datasets.media,
datasets.needs, datasets.records, datasets.run_layout, datasets.tables, datasets.types.
"""
