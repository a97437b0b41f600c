"""The gate against another commit: its checkout, and both sides timed in turns.

May import: datasets.io, metrics.comparison, metrics.gate.
"""
