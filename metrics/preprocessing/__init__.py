"""Preprocessing of the benchmarks: exclude distractors, ignore regions and void pixels.

May import: datasets.masks, datasets.types, metrics.family, metrics.matching, metrics.pairing.
"""
