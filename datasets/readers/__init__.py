"""Where a data set's sequences come from, one module each: see `datasets/prepare.py`.

May import: datasets.
"""
