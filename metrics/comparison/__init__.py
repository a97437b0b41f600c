"""Which variant is better, and how surely: bootstrap, intervals, tests.

May import: datasets.io, metrics.family, metrics.score.
"""
