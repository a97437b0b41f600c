"""The gate: verdicts on changes that are known, and their reliability on a busy machine.

May import: bench.material, datasets.formats, datasets.io, metrics.gate, trackers.profiling,
workflow.gate.
"""
