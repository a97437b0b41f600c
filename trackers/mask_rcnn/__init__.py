"""MaskTrack R-CNN's networks: instance segmentation of a frame, and embeddings for association.

May import: datasets.io, datasets.types, trackers.engines, trackers.option_types, trackers.parts,
trackers.profiling.
"""
