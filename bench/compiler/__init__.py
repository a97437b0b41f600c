"""What NVIDIA's compiler makes of every exported network, without a GPU.

May import: datasets.io, trackers.detectors, trackers.engines, trackers.mask_rcnn,
trackers.profiling, trackers.sam2.
"""
