"""Scoring protocols of the benchmarks, one module each: see `metrics/family.py`.

May import: datasets, metrics.
"""
