"""Prepared sequences: their description, images, labels and prompts, and the run.json of tracks.

May import: datasets.class_mapping, datasets.formats, datasets.io, datasets.masks, datasets.media,
datasets.needs, datasets.run_layout, datasets.types.
"""
