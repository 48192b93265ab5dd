"""Short runs: how long they are, how they are scored, and the range ramp, whose rate rises until the run breaks."""
