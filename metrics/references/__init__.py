"""Reference tools of the cross-check, one module each: see `metrics/crosscheck/reference.py`.

May import: datasets, metrics.
"""
