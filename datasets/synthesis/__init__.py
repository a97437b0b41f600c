"""How the synthetic data set is made: textures, people, scripts of who walks where, the camera.

Pixels and labels are the same on every machine for a seed, so only operations that IEEE 754 fixes
are used: + - * / and comparisons of doubles element by element, integers, and uniform draws. No
sine, exponential, matrix product or floating sum, whose last bit differs between processors.
"""
