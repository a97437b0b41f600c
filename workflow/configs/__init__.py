"""Checks of configs before any job starts.

May import: datasets.io, datasets.prepare, metrics.family, trackers.contract.
"""
