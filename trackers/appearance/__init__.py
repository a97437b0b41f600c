"""Re-identification: crops of objects in, appearance vectors out.

May import: trackers.engines, trackers.parts, trackers.profiling.
"""
