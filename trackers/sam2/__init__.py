"""SAM 2: its networks, its memory bank and sessions that track many objects.

May import: datasets.io, datasets.overlap, trackers.engines, trackers.option_types, trackers.parts,
trackers.profiling.
"""
