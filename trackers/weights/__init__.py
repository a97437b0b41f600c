"""The catalogue of published weights, and the weights of the demo models.

May import: datasets.io.
"""
