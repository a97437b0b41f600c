"""What the machine is and does while something runs: processor, memory, GPU, stages of a step.

May import: nothing of ours.
"""
