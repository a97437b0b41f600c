"""A sequence in a folder: what describes it, its images, labels, prompts, and the run.json of its
tracks.

May import: datasets.class_mapping, datasets.formats, datasets.io, datasets.masks, datasets.media,
datasets.run_layout, datasets.types.
"""
