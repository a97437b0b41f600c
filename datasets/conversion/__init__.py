"""The codecs of `datasets.convert`: how to read and write each format, and which fields it drops.

May import: datasets.formats, datasets.io, datasets.overlap, datasets.sequences, datasets.types.
"""
