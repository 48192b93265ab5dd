"""A rate alone: the tuner's first stages with nothing after them."""
