"""The gate against another commit: its checkout, and both sides timed in turns.

May import: datasets.io, datasets.run_layout, metrics.comparison, metrics.gate.
"""
