"""Compare variants: bootstrap, confidence intervals, significance tests, verdicts.

May import: datasets.io, datasets.run_layout, metrics.family, metrics.score.
"""
