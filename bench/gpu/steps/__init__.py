"""The steps of `make bench-gpu`, one function each, and their inputs."""
