"""Networks that tell what an object looks like: a vector for each, near for the same object."""
