"""Our numbers beside those of the tools they should equal.

May import: datasets.formats, datasets.types, metrics.family, metrics.pairing.
"""
