"""What NVIDIA's compiler makes of every exported network, without a GPU.

May import: datasets.io, trackers.appearance, trackers.detectors, trackers.engines,
trackers.mask_rcnn, trackers.networks, trackers.profiling, trackers.sam2.
"""
