"""Only a rate: the tuner's first stages with nothing after them."""
