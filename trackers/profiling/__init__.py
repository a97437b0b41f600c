"""Measurements of the machine and the process: processor, memory, GPU, load, stages of a step.

May import: datasets.io.
"""
