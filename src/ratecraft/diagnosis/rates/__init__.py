"""Rules that read the learning rates of a run and its schedule."""
