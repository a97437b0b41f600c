"""MaskTrack R-CNN's networks: segmentation of one frame, and vectors to associate by.

May import: datasets.io, datasets.types, trackers.engines, trackers.option_types, trackers.parts,
trackers.profiling.
"""
