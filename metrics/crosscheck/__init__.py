"""Compare our values with those of the reference tools.

May import: datasets.formats, datasets.io, datasets.sequences, datasets.types, metrics.family,
metrics.pairing.
"""
