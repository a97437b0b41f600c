"""Metric families, one module each: see `metrics/family.py`.

May import: datasets.assignment, datasets.overlap, metrics.average_precision, metrics.family,
metrics.matching, metrics.pairing, metrics.segmentation.
"""
