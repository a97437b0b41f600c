"""Objects drawn on images, and several images beside each other.

May import: datasets.masks, datasets.types, datasets.zone.
"""
