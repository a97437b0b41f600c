"""One folder a method: tracker.py with `build`, its options.py, and method.yaml."""
