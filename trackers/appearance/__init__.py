"""Re-identification: crops of objects in, appearance vectors out.

May import: datasets.io, trackers.engines, trackers.networks, trackers.option_types, trackers.parts,
trackers.profiling.
"""
