"""`make bench-gpu`: correctness, then speed, of everything that can run on one device.

May import: bench.material, bench.sam2_objects, datasets, trackers.
"""
