"""SAM 2: its networks, memory bank and sessions of many objects.

May import: datasets.io, datasets.overlap, trackers.engines, trackers.option_types, trackers.parts,
trackers.profiling.
"""
