"""Pure building blocks that methods share: arrays in, arrays out."""
