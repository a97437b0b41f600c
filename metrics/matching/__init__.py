"""Which prediction is matched with which ground truth, by the rules of each family.

May import: datasets.assignment, metrics.pairing.
"""
