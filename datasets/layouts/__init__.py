"""How benchmarks lay out ground truth and results in folders, one module each: see
`datasets/layout.py`.

May import: datasets.
"""
