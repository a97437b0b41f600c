"""The drawn people of the synthetic data set.

May import: nothing of ours.
"""
