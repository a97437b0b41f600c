"""The gate against another commit: the worktree of that commit, and both sides timed in turns.

May import: datasets.io, datasets.run_layout, metrics.comparison, metrics.gate.
"""
