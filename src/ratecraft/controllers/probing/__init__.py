"""Short runs: how long they are, how they are scored, and the one whose rate rises until it breaks."""
