"""The gate: compare a run with a baseline or another commit, and give a verdict.

May import: datasets.formats, datasets.io, datasets.run_layout, metrics.comparison,
metrics.timing_warnings.
"""
