"""How benchmarks lay out truth and results of many sequences: one module a layout."""
