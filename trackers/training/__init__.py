"""Training of the demo weights on synthetic people.

May import: datasets.formats, datasets.io, datasets.masks, datasets.media, datasets.prepare,
datasets.sequences, datasets.synthesis, datasets.types, trackers.detectors, trackers.engines,
trackers.mask_rcnn, trackers.parts, trackers.sam2.
"""
