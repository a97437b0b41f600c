"""Benchmark layouts: how folders of ground truth and results are arranged. One module each, see
`datasets/layout.py`.

May import: datasets.
"""
