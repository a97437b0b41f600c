"""Speed claims: ratios measured in one run, kept here as JSON. `make bench` repeats them."""
