"""Re-identification: crops of objects to vectors.

May import: trackers.engines, trackers.parts, trackers.profiling.
"""
