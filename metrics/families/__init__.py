"""Metric families, one module each: see `metrics/family.py`.

May import: datasets, metrics.
"""
