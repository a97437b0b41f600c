"""Tracking methods, one folder each; see `trackers/contract.py`.

May import: datasets, trackers.
"""
