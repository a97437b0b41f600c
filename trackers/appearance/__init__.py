"""Re-identification: crops of objects in, appearance vectors out.

May import: trackers.engines, trackers.option_types, trackers.parts, trackers.profiling.
"""
