"""Scoring protocols of the benchmarks, one module each: see `metrics/family.py`.

May import: datasets.masks, datasets.types, metrics.family, metrics.matching, metrics.pairing,
metrics.preprocessing.
"""
