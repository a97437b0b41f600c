"""What benchmarks leave out before scoring: distractors, regions to ignore, void pixels.

May import: datasets.masks, datasets.types, metrics.family, metrics.matching, metrics.pairing.
"""
