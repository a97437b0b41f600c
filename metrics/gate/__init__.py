"""The gate: a run beside a baseline or another commit, and the verdict.

May import: datasets.formats, datasets.io, datasets.run_layout, metrics.comparison,
metrics.timing_warnings.
"""
