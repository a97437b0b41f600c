"""The tools our numbers are compared with, one module each: see `metrics/crosscheck/reference.py`.

May import: datasets, metrics.
"""
