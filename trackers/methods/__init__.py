"""One folder a method: tracker.py with `build(**options) -> Tracker`, and method.yaml."""
