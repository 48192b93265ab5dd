"""How good settings move with batch, width, depth, length and size of a model."""
