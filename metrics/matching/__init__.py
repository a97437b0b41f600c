"""Match predictions with ground truth, by the rules of each metric family.

May import: datasets.assignment, metrics.pairing.
"""
