"""Draw objects on images, and arrange several images in a grid.

May import: datasets.masks, datasets.types, datasets.zone.
"""
