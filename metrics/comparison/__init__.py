"""Which variant is better, and how surely: bootstrap, intervals, tests.

May import: datasets.io, datasets.run_layout, metrics.family, metrics.score.
"""
